import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import bundle from '../../../l10n/bundle.l10n.json';
import { englishLabels } from '../../../src/common/charts';
import { askViewLabels, memoryViewLabels } from '../../../src/protocol';

const folder = fileURLToPath(new URL('../../../src/client', import.meta.url));

/** Every text of a table. */
function textsOf(table: object): string[] {
  return Object.values(table).flatMap((value: unknown) =>
    typeof value === 'string' ? [value] : textsOf(value as object),
  );
}

/** The first argument of every call of `l10n.t` in the client, and the tables of labels that it translates as a whole. */
function usedWords(): string[] {
  const words = new Set<string>([englishLabels, askViewLabels, memoryViewLabels].flatMap(textsOf));
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const source = readFileSync(join(folder, name), 'utf8');
    for (const [, single, double] of source.matchAll(
      /(?<![\w.])(?:vscode\.)?(?:l10n\.)?t\(\s*(?:'([^']*)'|"([^"]*)")/g,
    )) {
      words.add((single ?? double)!);
    }
  }
  return [...words].sort();
}

describe('l10n/bundle.l10n.json', () => {
  it('holds exactly the words that the client shows', () => {
    expect(Object.keys(bundle).sort()).toEqual(usedWords());
  });

  it('translates nothing itself: it is what translators begin with', () => {
    for (const [word, text] of Object.entries(bundle)) expect(text).toBe(word);
  });
});
