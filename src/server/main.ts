import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './serve';

// The process that runs the model: `node dist/server.js --node-ipc` for the editor, `--stdio` for tests and other clients.
serve(createConnection(ProposedFeatures.all));
