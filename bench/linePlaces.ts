import type { Engine } from '../src/engine';
import { WorkspaceIndex, type OtherFilesIndex } from '../src/engine/ngram';
import { copyFromAny, copyLongestMatch } from './copying';
import { holes, wholeLines, type Hole } from './holes';
import type { WorkFile } from './ngramFiles';

/** What is removed from a line, and how many of each kind per file. */
export const kinds = {
  'rest of the line': { choose: holes, count: 5 },
  'whole line': { choose: wholeLines, count: 3 },
} as const;

export type Kind = keyof typeof kinds;

/** A place where a line is removed. */
export interface LinePlace extends Hole {
  kind: Kind;
  /** The file without the removed text, and that text. */
  holed: Buffer;
  want: Buffer;
  /** Whether copying would be right: from the file, and from all files of the package. */
  copying: boolean;
  copyingPackage: boolean;
}

/** Maximum number of tokens of all files of a package. */
const WORKSPACE_TOKENS = 4_000_000;

/** The places in a file, from the top down, and the index of the other files of its package. */
export function placesIn(
  { config, tokenizer }: Engine,
  { file, others }: WorkFile,
  random: () => number,
): { bytes: Buffer; otherFiles: OtherFilesIndex; places: LinePlace[] } {
  const bytes = Buffer.from(file.text, 'utf8');
  const workspace = new WorkspaceIndex(config.vocabSize, WORKSPACE_TOKENS);
  for (const other of others) workspace.set(other.path, tokenizer.encode(Buffer.from(other.text, 'utf8')));
  const texts = others.map(({ text }) => Buffer.from(text, 'utf8').toString('latin1'));
  const places = (Object.keys(kinds) as Kind[])
    .flatMap((kind) => kinds[kind].choose(bytes, kinds[kind].count, random).map((hole) => ({ ...hole, kind })))
    .sort((a, b) => a.start - b.start)
    .map(({ kind, start, end }): LinePlace => {
      const holed = Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
      const [text, want] = [holed.toString('latin1'), bytes.subarray(start, end)];
      const isWanted = (copied: string): boolean => copied.trimEnd() === want.toString('latin1').trimEnd();
      const copying = isWanted(copyLongestMatch(text, start));
      return { kind, start, end, holed, want, copying, copyingPackage: isWanted(copyFromAny(text, start, texts)) };
    });
  return { bytes, otherFiles: workspace.excluding(file.path), places };
}
