import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Language, Parser, type Tree } from '@vscode/tree-sitter-wasm';
import { yieldToEvents } from '../../common';

/** The parser yields after this long. Milliseconds. */
const SLICE = 8;

let started: Promise<void> | undefined;
const languages = new Map<string, Promise<Language>>();

/**
 * Parses a text in slices, yielding to the event loop in between. Delete the tree when done with it: it is outside of the garbage
 * collector.
 *
 * @param grammar as in {@link LanguageKinds}
 * @throws Error when the grammar's file is damaged or missing
 */
export async function parseText(text: string, grammar: string, signal?: AbortSignal): Promise<Tree> {
  const language = await languageFor(grammar);
  const parser = new Parser();
  try {
    parser.setLanguage(language);
    for (;;) {
      const end = performance.now() + SLICE;
      // A parse stopped by its callback continues with the next call.
      const progressCallback = (): boolean => performance.now() > end;
      const tree = parser.parse(text, null, { progressCallback });
      if (tree !== null) return tree;
      await yieldToEvents();
      signal?.throwIfAborted();
    }
  } finally {
    parser.delete();
  }
}

/** @throws Error when the grammar's file is damaged or missing */
export function languageFor(grammar: string): Promise<Language> {
  let language = languages.get(grammar);
  if (language === undefined) {
    language = load(grammar);
    languages.set(grammar, language);
    // Whoever waits gets the failure; the next file tries again.
    language.catch(() => languages.delete(grammar));
  }
  return language;
}

async function load(grammar: string): Promise<Language> {
  const folder = grammarFolder();
  started ??= Parser.init({ locateFile: (file) => join(folder, file) });
  await started;
  return Language.load(await readFile(join(folder, `tree-sitter-${grammar}.wasm`)));
}

/** Folder of the grammars: next to the bundle, or in the package when run from source. */
function grammarFolder(): string {
  const shipped = join(__dirname, 'tree-sitter');
  if (existsSync(shipped)) return shipped;
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const installed = join(folder, 'node_modules', '@vscode', 'tree-sitter-wasm', 'wasm');
    if (existsSync(installed) || dirname(folder) === folder) return installed;
  }
}
