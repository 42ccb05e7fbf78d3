import { TokenOffsets, type Engine, type ModelState } from '../../src/engine';
import { readBlocks, promptSurprise, continuePrompt } from '../reading';
import type { Snippets } from './snippets';
import type { Use } from './uses';

/** The token that holds a character; the number of tokens at or after the end. @param offset UTF-16 */
export const tokenAt = (offsets: TokenOffsets, offset: number): number =>
  offsets.tokenAtByte(offsets.byteAtUtf16(offset));

/** Number of tokens before the cursor that every arm sees, except the two state arms. */
export const WINDOW = 2048;

/** Maximum number of definition lines for the oracle, and of text that BM25 may add. */
const DEFINITION_LINES = 12;
const PIECES = 3;

export const arms = ['window', 'stateWithoutNotes', 'stateWithNotes', 'windowBm25', 'oracle'] as const;
export type Arm = (typeof arms)[number];

/** One use in a renamed document, and what each arm wrote there. */
export interface DefinitionCase {
  package: string;
  /** The original name, and its random replacement. */
  name: string;
  renamed: string;
  /** Tokens between the definition and the use. */
  distance: number;
  right: Partial<Record<Arm, Outcome>>;
  /** Whether the text found by BM25 contains the name: otherwise that arm cannot know it. */
  found?: boolean;
}

/** Result of one arm. */
export interface Outcome {
  /** Whether the identifier was written exactly, without a letter given and after its first letter. */
  bare: boolean;
  oneLetter: boolean;
  /** Surprise at the identifier: also distinguishes arms that write none exactly. */
  nats: number;
}

/** A renamed document as tokens, with its header. */
export interface RenamedDocument {
  text: string;
  bytes: Buffer;
  ids: Uint32Array;
  offsets: TokenOffsets;
  header: Uint32Array;
}

export function tokenizeDocument(engine: Engine, text: string): RenamedDocument {
  const { tokenizer } = engine;
  const bytes = Buffer.from(text, 'utf8');
  const ids = tokenizer.encode(bytes);
  const header = Uint32Array.of(tokenizer.special('<|path|>'), ...tokenizer.encode(Buffer.from('bundle.ts\n')));
  return { text, bytes, ids, offsets: new TokenOffsets(tokenizer, ids, bytes), header };
}

/** Position of a use: the last token that starts before its line, and the text from there to the identifier. */
export function cursorOf({ text, bytes, offsets }: RenamedDocument, use: number): { token: number; prompt: Buffer } {
  const line = text.lastIndexOf('\n', use - 1) + 1;
  const token = Math.max(0, tokenAt(offsets, Math.max(0, line - 1)));
  const start = offsets.byteOffset(token);
  return { token, prompt: bytes.subarray(start, Buffer.byteLength(text.slice(0, use))) };
}

/** Reads the document once, and writes at every use on the way. */
export async function writeWithState(
  engine: Engine,
  document: RenamedDocument,
  uses: readonly (Use & { case: DefinitionCase })[],
  notes: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const all = Uint32Array.of(...document.header, ...document.ids);
  let state = engine.initialState();
  for (const use of uses) {
    const { token, prompt } = cursorOf(document, use.use);
    const end = document.header.length + token;
    const read = await readBlocks(engine, state, all.subarray(state.position, end), { notes, signal });
    state = read.state;
    use.case.right[notes ? 'stateWithNotes' : 'stateWithoutNotes'] = await write(
      engine,
      { state, tail: read.tail },
      prompt,
      use.case.renamed,
    );
  }
}

/**
 * The arms without memory: the window alone, with retrieved pieces, and with the definition itself, both directly before the cursor's
 * line.
 */
export async function writeWithWindow(
  engine: Engine,
  document: RenamedDocument,
  use: Use & { case: DefinitionCase },
  snippets: Snippets,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { token, prompt } = cursorOf(document, use.use);
  const first = Math.max(0, token - WINDOW);
  const window = document.ids.subarray(first, token);
  const limit = document.offsets.utf16Offset(first);
  const found = snippets.find(document.text.slice(0, use.use), limit, PIECES);
  use.case.found = found.some((piece) => piece.includes(use.case.renamed));
  const definition = document.text.slice(use.definitionStart, use.definitionEnd).split('\n').slice(0, DEFINITION_LINES);
  const added: Record<'window' | 'windowBm25' | 'oracle', string> = {
    window: '',
    // The best one closest to the cursor.
    windowBm25: found
      .map((piece) => `\n${piece}`)
      .reverse()
      .join('\n'),
    oracle: `\n${definition.join('\n')}`,
  };
  // The common prefix of all three is read once.
  const start = Uint32Array.of(...document.header, ...window);
  const base = await readBlocks(engine, engine.initialState(), start, { signal });
  for (const arm of ['window', 'windowBm25', 'oracle'] as const) {
    const extra = engine.tokenizer.encode(Buffer.from(added[arm], 'utf8'));
    const read = await readBlocks(engine, base.state, Uint32Array.of(...base.tail, ...extra), { signal });
    use.case.right[arm] = await write(engine, read, prompt, use.case.renamed);
  }
}

async function write(
  engine: Engine,
  read: { state: ModelState; tail: Uint32Array },
  prompt: Buffer,
  name: string,
): Promise<Outcome> {
  const { tokenizer } = engine;
  const decoder = await engine.decoder(read.state, read.tail);
  const room = tokenizer.encode(Buffer.from(name)).length + 2;
  const bare = await continuePrompt(decoder, tokenizer, prompt, room);
  const letter = Buffer.concat([prompt, Buffer.from(name[0]!)]);
  const oneLetter = await continuePrompt(decoder, tokenizer, letter, room);
  return {
    bare: identifier(bare.text) === name,
    oneLetter: identifier(oneLetter.text) === name.slice(1),
    nats: await promptSurprise(decoder, tokenizer, prompt, name),
  };
}

const identifier = (text: string): string => /^[\w$]*/.exec(text)![0];
