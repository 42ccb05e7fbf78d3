import { inRandomOrder } from './statistics';
import { languages, type Language, type Package } from './ask/packages';
import { sourceFiles, type SourceFile } from './ask/source';

/** A file of a package in which lines are completed, and the other files of the package. */
export interface WorkFile {
  split: Package['split'];
  file: SourceFile;
  others: readonly SourceFile[];
}

/** Characters. */
const [SHORTEST, LONGEST] = [3000, 40_000];

/** Shorter lines occur in every file. */
const TELLING_LINE = 12;

/** A file with this share of the lines is a copy, which would not be in the same workspace. */
const COPIED = 0.5;

/**
 * Some files of each language and split; languages and splits alternate, so that an interrupted run has seen all, and the first ones
 * are the same whatever the number.
 *
 * @param counts files per language
 */
export function chosenFiles(
  packages: readonly Package[],
  counts: Readonly<Record<Package['split'], number>>,
  scale: number,
  random: () => number,
): WorkFile[] {
  const rows = (Object.keys(languages) as Language[]).flatMap((language) =>
    (['dev', 'test'] as const).map((split) => {
      const all = sourceFiles(
        packages.filter((one) => one.split === split),
        language,
      );
      const suitable = all.filter(({ text }) => text.length >= SHORTEST && text.length <= LONGEST);
      const chosen = inRandomOrder(suitable, random).slice(0, Math.ceil(counts[split] * scale));
      return chosen.map((file): WorkFile => ({
        split,
        file,
        others: all.filter((other) => other.package === file.package && !isCopy(file, other)),
      }));
    }),
  );
  const longest = Math.max(...rows.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => rows.flatMap((row) => row[i] ?? [])).flat();
}

/** Whether another file contains most of this one; a file is a copy of itself. */
function isCopy(file: SourceFile, other: SourceFile): boolean {
  const lines = tellingLines(file.text);
  const there = tellingLines(other.text);
  return [...lines].filter((line) => there.has(line)).length >= COPIED * lines.size;
}

function tellingLines(text: string): Set<string> {
  return new Set(
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter(({ length }) => length >= TELLING_LINE),
  );
}
