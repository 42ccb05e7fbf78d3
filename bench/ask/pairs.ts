import { describedFunctions, functionsOf, withoutLines, type DescribedFunction, type SourceFile } from './source';
import type { Haystack } from './needles';
import { shuffled } from './statistics';
import type { Tools } from './tools';

const CANDIDATES = 1000;

/**
 * Comment ↔ code as in CodeSearchNet: a function's documentation, as written, is the question; functions without their
 * documentation are the candidates, 1,000 by default.
 */
export async function makePairs(
  tools: Tools,
  files: readonly SourceFile[],
  queries: number,
  seed: number,
  candidates = CANDIDATES,
): Promise<Haystack> {
  const described: DescribedFunction[] = [];
  const others: string[] = [];
  for (const file of files) {
    const found = await describedFunctions(file);
    described.push(...found);
    const { lines, all } = await functionsOf(file);
    for (const { code, end, start, docstring } of all) {
      if (end - code < 3 || end - code > 80 || docstring || code > start) continue;
      others.push(Array.from({ length: end - code }, (_, i) => lines.lineText(code + i)).join('\n'));
    }
  }
  const texts = new Set<string>();
  const chosen = shuffled(described, seed).flatMap((one) => {
    const { text, lineOf } = withoutLines(one.file.text, one.documentation);
    const code = text.split('\n').slice(lineOf(one.start), lineOf(one.end)).join('\n');
    if (texts.has(code) || texts.size >= candidates) return [];
    texts.add(code);
    return [{ ...one, code }];
  });
  // Functions without documentation fill up the rest.
  const fill = shuffled(others, seed).filter((code) => !texts.has(code));
  const codes = [...chosen.map(({ code }) => code), ...new Set(fill)].slice(0, candidates);

  const index = tools.newIndex();
  const ending = /\.[^.]+$/.exec(files[0]!.path)![0];
  for (const [i, code] of codes.entries()) await tools.add(index, `${i}`, `${i}${ending}`, code);
  const indexed = index.list();
  const counts = new Map<string, number>();
  for (const { description } of chosen) counts.set(description, (counts.get(description) ?? 0) + 1);
  const needles = chosen.flatMap(({ description }, i) =>
    counts.get(description) === 1 ? [{ question: description, right: new Set([i]) }] : [],
  );
  return {
    index,
    files: indexed,
    units: codes.map((text) => ({ text })),
    unitOf: ({ key }) => Number(key),
    needles: needles.slice(0, queries),
  };
}
