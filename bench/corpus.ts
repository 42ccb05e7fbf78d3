import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { heldOutFiles } from './heldOut';

/** A package that no training file comes from; its files in dependency order. */
export interface HeldOutPackage {
  package: string;
  split: 'val' | 'test';
  files: { path: string; text: string }[];
}

/** Source of real text for benches. */
export interface Corpus {
  /** For the results: what was read. */
  source: string;
  packages: HeldOutPackage[];
}

const root = join(__dirname, '..');

/**
 * The fetched held-out packages (`npm run held-out`), or the held-out files in the repository: enough for short documents.
 * @param folder of the packages
 */
export function heldOutCorpus(folder = join(root, '.cache/held-out')): Corpus {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  if (names.length === 0) return { source: 'test/fixtures/held-out', packages: fixturePackages() };
  const packages = names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as HeldOutPackage);
  return { source: `.cache/held-out, ${packages.length} packages`, packages };
}

/** The held-out files of the repository (in `folder`), one package per language. */
export function fixturePackages(folder?: string): HeldOutPackage[] {
  const languages = new Map<string, HeldOutPackage>();
  for (const { language, name, bytes } of heldOutFiles(folder)) {
    const one = languages.get(language) ?? { package: `fixtures:${language}`, split: 'test', files: [] };
    languages.set(language, one);
    one.files.push({ path: name, text: bytes.toString('utf8') });
  }
  return [...languages.values()];
}

export const isCode = (path: string): boolean => !path.endsWith('.md');

/** The files as one text, with one line between two of them. */
export function joined(files: readonly { text: string }[]): string {
  return files.map(({ text }) => `${text.trimEnd()}\n`).join('\n');
}
