import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { resolve } from 'node:path';
import { ExitCode, describeError, errors, isAbort } from '../../common';
import { isFolder } from '../../memory';
import type { Command } from '../command';
import { FolderMemory } from '../mcp/folderMemory';
import { memoryServer } from '../mcp/server';
import { openWorkbench } from '../workbench';

/** `memmamba mcp`: serves the memory of a folder to agents, over stdin and stdout. */
export const mcp: Command = {
  name: 'mcp',
  usage: 'mcp FOLDER',
  summary: 'serve the memory of a folder to agents: a Model Context Protocol server on stdin and stdout',
  details:
    'Tools: recall (places that answer a question), ask (a short cited answer), outline_memory (what was read). The folder is read in the background and kept up to date. The server exits with its client.',
  options: {},
  async run(options, terminal) {
    const [path, ...more] = options.positionals;
    if (path === undefined || more.length > 0) throw errors.usage('`memmamba mcp` needs one folder.');
    if (!(await isFolder(path))) throw errors.notAFolder(path);
    const bench = await openWorkbench(options, terminal);
    const memory = new FolderMemory(resolve(path), bench, (message) => terminal.err(`warning: ${message}\n`));
    try {
      const server = memoryServer(memory);
      const transport = new StdioServerTransport();
      const ended = new Promise<void>((settle) => {
        server.server.onclose = settle;
        process.stdin.once('end', settle);
        terminal.signal.addEventListener('abort', () => settle(), { once: true });
      });
      await server.connect(transport);
      memory.refresh().catch((error: unknown) => {
        if (!isAbort(error)) terminal.err(`warning: ${describeError(error)}\n`);
      });
      await ended;
      await server.close();
    } finally {
      await memory.close();
      await bench.close();
    }
    return { json: {}, text: '', exitCode: ExitCode.ok };
  },
};
