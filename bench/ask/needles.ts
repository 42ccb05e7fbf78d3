import type { Tokenizer } from '../../src/engine';
import type { IndexedFile, SpanIndex } from '../../src/server/ask';
import { spanText } from '../../src/server/ask/lexical';
import { describedFunctions, withoutLines, type DescribedFunction, type SourceFile } from './source';
import { shuffled } from './statistics';
import type { Tools } from './tools';
import { words } from './words';

/** A text to search, made of whole files without the documentation of the described functions. */
export interface Haystack {
  index: SpanIndex;
  files: readonly IndexedFile[];
  /** The text of every span, over all files. */
  units: { text: string }[];
  unitOf: (file: IndexedFile, span: number) => number;
  needles: Needle[];
}

export interface Needle {
  question: string;
  /** Spans of the function. */
  right: ReadonlySet<number>;
  /** For a described function: whether the description is nearly what people wrote. */
  isWhole?: boolean;
}

/** Share of the words that masking must leave in a description for it to count as whole. */
const WHOLE = 0.9;

const notes = /^\W*(?:TODO|FIXME|XXX|HACK|inheritDoc)\b|^:(?:param|type|rtype|raises?)\b/;

/**
 * Whether a description starts with a note to maintainers (TODO, FIXME, XXX, HACK), an inheritance marker, or a parameter: then it is
 * not about what the function does.
 *
 * @param description as written: masking removes such markers
 */
export function describesNothing(description: string): boolean {
  return notes.test(description);
}

/** The words of a text in order, without comment markers. */
const wordsIn = (text: string): string => ` ${words(text).join(' ')} `;

/**
 * Whether a description occurs in the searched texts although the documentation of its function was removed: that of an interface's
 * method, an overload or a shorter namesake says the same. Then it is ambiguous.
 */
export function standsIn(texts: readonly string[]): (description: string) => boolean {
  const searched = texts.map(wordsIn);
  return (description) => {
    const said = wordsIn(description);
    return searched.some((text) => text.includes(said));
  };
}

/** As many files as fit into this many tokens, from a list; the rest of the list is returned. */
export function takeFiles(
  files: readonly SourceFile[],
  tokenizer: Tokenizer,
  tokens: number,
): { taken: SourceFile[]; rest: SourceFile[] } {
  const taken: SourceFile[] = [];
  let left = tokens;
  const rest: SourceFile[] = [];
  for (const file of files) {
    const size = tokenizer.encode(Buffer.from(file.text)).length;
    if (size <= left) {
      taken.push(file);
      left -= size;
    } else {
      rest.push(file);
    }
  }
  return { taken, rest };
}

/**
 * Builds the haystack of some files, with at most this many needles. A name shared by several functions is not a needle.
 */
export async function makeHaystack(
  tools: Tools,
  files: readonly SourceFile[],
  most: number,
  seed: number,
): Promise<Haystack> {
  const index = tools.newIndex();
  const described: (DescribedFunction & { key: string; lineOf: (line: number) => number })[] = [];
  const searched: string[] = [];
  for (const file of files) {
    const found = await describedFunctions(file);
    const { text, lineOf } = withoutLines(
      file.text,
      found.flatMap(({ documentation }) => documentation),
    );
    const key = `${file.package.name}/${file.path}`;
    await tools.add(index, key, file.path, text);
    searched.push(text);
    described.push(...found.map((one) => ({ ...one, key, lineOf })));
  }
  const indexed = index.list();
  const { units, unitOf } = unitsOf(index, indexed);

  const meansOthers = standsIn(searched);
  const questions = new Map<string, number>();
  for (const { masked } of described) questions.set(masked, (questions.get(masked) ?? 0) + 1);
  const unique = described.filter(({ masked }) => questions.get(masked) === 1);
  const needles = shuffled(unique, seed)
    .slice(0, most)
    // Dropped, not replaced by others: the rest stays comparable with earlier measurements.
    .filter(({ description }) => !describesNothing(description) && !meansOthers(description))
    .map(({ masked, description, key, start, end, lineOf }): Needle => {
      const file = index.get(key)!;
      const [from, to] = [lineOf(start), lineOf(end)];
      const right = new Set<number>();
      for (const [number, span] of file.spans.entries()) {
        // The head of a class before its first method may overlap it by at most one line.
        const shared = Math.min(span.end, to) - Math.max(span.start, from);
        if (shared > 0 && shared >= Math.min(2, to - from)) right.add(unitOf(file, number));
      }
      const isWhole = masked.split(' ').length >= WHOLE * description.split(' ').length;
      return { question: masked, right, isWhole };
    });
  return { index, files: indexed, units, unitOf, needles };
}

/** Numbers all spans of some files. */
export function unitsOf(
  index: SpanIndex,
  files: readonly IndexedFile[],
): { units: { text: string }[]; unitOf: (file: IndexedFile, span: number) => number } {
  const first = new Map<string, number>();
  const units: { text: string }[] = [];
  for (const file of files) {
    first.set(file.key, units.length);
    const lines = index.text(file.key);
    for (const span of file.spans) units.push({ text: spanText(lines, span) });
  }
  return { units, unitOf: (file, span) => first.get(file.key)! + span };
}
