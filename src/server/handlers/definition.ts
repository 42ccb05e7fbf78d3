import type { Connection } from 'vscode-languageserver/node';
import { FarDefinitionRequest, type FarDefinition, type FarDefinitionParams } from '../../protocol';
import { definitionsIn } from '../ask';
import { handle } from '../connection';
import type { Session } from '../session';

/** Nearer definitions are on the screen, or a key press away. Tokens. */
const FAR = 20_000;

/** Answers `memmamba/farDefinition` from the index of what was read. */
export function handleDefinition(connection: Connection, session: Session): void {
  handle(connection, FarDefinitionRequest, (params) => farDefinition(session, params));
}

function farDefinition(session: Session, { uri, name, line, character }: FarDefinitionParams): FarDefinition | null {
  const file = session.workspace.byUri(uri);
  const reading = file?.current;
  // A shorter file has nothing far away.
  if (file === undefined || reading === undefined || reading.tokens.length < FAR) return null;
  const [only, ...more] = definitionsIn(session.words.index, file.key, name);
  if (only === undefined || more.length > 0 || only.line === line) return null;
  const { offsets } = reading;
  const tokenAt = (at: { line: number; column: number }): number => offsets.tokenAtByte(offsets.byteAtPosition(at));
  const tokensAgo = tokenAt({ line, column: character }) - tokenAt({ line: only.line, column: 0 });
  return Math.abs(tokensAgo) < FAR ? null : { line: only.line + 1, text: only.text, tokensAgo };
}
