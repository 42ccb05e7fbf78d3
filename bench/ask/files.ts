import { LineIndex } from '../../src/common';
import { askIndex, type IndexedFile } from '../../src/server/ask';
import { handQuestions } from './byHand';
import { unitsOf, type Haystack } from './needles';
import type { Language, Package } from './packages';
import { absentQuestions, largeFiles, questionsAbout, type FileQuestion } from './questions';
import { describedFunctions, sourceFiles, type SourceFile } from './source';
import { shuffled } from './statistics';
import type { Tools } from './tools';

/** One large file with the questions about it. */
export interface AskedFile {
  language: Language;
  name: string;
  lines: number;
  haystack: Haystack;
  questions: FileQuestion[];
  /** Questions to which it has no answer. */
  absent: string[];
}

/** The large files of some packages, `count` questions over all of them and `absent` ones that have no answer. */
export async function askedFiles(
  tools: Tools,
  packages: readonly Package[],
  count: number,
  absent: number,
): Promise<AskedFile[]> {
  const files = largeFiles(packages).filter(({ path, text }) => !path.endsWith('_test.go') && text.length > 0);
  const made: { file: SourceFile; questions: FileQuestion[] }[] = [];
  const each = Math.max(1, Math.ceil(count / (4 * files.length)));
  for (const [i, file] of files.entries()) {
    made.push({ file, questions: [...handMade(file), ...(await questionsAbout(file, each, i + 1))] });
  }
  // As many of each kind as there is room for; those written by hand all stay.
  const byHand = made.reduce((sum, { file }) => sum + handMade(file).length, 0);
  const generated = shuffled(
    made.flatMap(({ file, questions }) => questions.slice(handMade(file).length).map((question) => question)),
    3,
  ).slice(0, Math.max(0, count - byHand));
  const chosen = new Set(generated);

  const result: AskedFile[] = [];
  for (const [i, { file, questions }] of made.entries()) {
    const index = tools.newIndex();
    await tools.add(index, file.path, file.path, file.text);
    const [indexed] = index.list() as [IndexedFile];
    const { units, unitOf } = unitsOf(index, [indexed]);
    const kept = questions.filter((question, at) => at < handMade(file).length || chosen.has(question));
    const rightUnits = (lines: ReadonlySet<number>): Set<number> =>
      new Set(
        indexed.spans.flatMap(({ start, end }, span) =>
          [...lines].some((line) => line >= start && line < end) ? [unitOf(indexed, span)] : [],
        ),
      );
    const others = made.filter((other) => other.file.package.name !== file.package.name);
    const descriptions = await foreignDescriptions(packages, file);
    result.push({
      language: file.package.language,
      name: `${file.package.name}/${file.path}`,
      lines: new LineIndex(file.text).lineCount,
      haystack: {
        index,
        files: [indexed],
        units,
        unitOf,
        needles: kept.map(({ question, lines }) => ({ question, right: rightUnits(lines) })),
      },
      questions: kept,
      absent: absentQuestions(
        file,
        others.flatMap((other) => other.questions),
        descriptions,
        Math.floor(((i + 1) * absent) / made.length) - Math.floor((i * absent) / made.length),
        i + 11,
      ),
    });
  }
  return result;
}

/** Results for one list of files. */
export interface Answered {
  questions: number;
  /** Answers whose first citation contains a right line; whose exact line is right; that were "not found". */
  right: number;
  exactLine: number;
  missed: number;
  absent: number;
  falseAnswers: number;
  /** By kind: right, and asked. */
  kinds: Record<string, [right: number, asked: number]>;
  /** Failures, for improving the ranking. */
  wrong: string[];
}

/** Asks as the product does, without the model's own words, and checks the first citation by line. */
export async function answerFiles({ asking }: Tools, files: readonly AskedFile[]): Promise<Answered> {
  const result: Answered = {
    questions: 0,
    right: 0,
    exactLine: 0,
    missed: 0,
    absent: 0,
    falseAnswers: 0,
    kinds: {},
    wrong: [],
  };
  for (const { name, haystack, questions, absent } of files) {
    for (const { question, lines, kind } of questions) {
      const { citations } = await askIndex(haystack.index, haystack.files, question, undefined, asking);
      const [first] = citations;
      const holds =
        first !== undefined && [...lines].some((line) => line + 1 >= first.startLine && line < first.endLine);
      const [right, asked] = result.kinds[kind] ?? [0, 0];
      result.kinds[kind] = [right + Number(holds), asked + 1];
      result.questions++;
      if (holds) result.right++;
      else result.wrong.push(`${name}: ${question} -> ${first === undefined ? 'not found' : `line ${first.line}`}`);
      if (first !== undefined && lines.has(first.line - 1)) result.exactLine++;
      if (first === undefined) result.missed++;
    }
    for (const question of absent) {
      const { found, citations } = await askIndex(haystack.index, haystack.files, question, undefined, asking);
      result.absent++;
      if (!found) continue;
      result.falseAnswers++;
      result.wrong.push(`${name}: (absent) ${question} -> line ${citations[0]!.line}`);
    }
  }
  return result;
}

function handMade(file: SourceFile): FileQuestion[] {
  return handQuestions.flatMap(({ file: [name, path], question, answer }): FileQuestion[] => {
    if (file.package.name !== name || !file.path.endsWith(path)) return [];
    const lines = new Set(file.text.split('\n').flatMap((text, line) => (answer.test(text) ? [line] : [])));
    // A question without an answer in the file would be wrong, not hard.
    if (lines.size === 0) throw new Error(`${name}/${path} has no line for "${question}"`);
    return [{ kind: 'by hand', question, lines }];
  });
}

const described = new Map<string, string[]>();

/** Descriptions of functions of packages in other languages: written by people, about something else. */
async function foreignDescriptions(packages: readonly Package[], file: SourceFile): Promise<string[]> {
  const own = file.package.language;
  for (const { language } of packages) {
    if (described.has(language)) continue;
    const sources = shuffled(sourceFiles(packages, language), 4).slice(0, 30);
    const found: string[] = [];
    for (const source of sources) found.push(...(await describedFunctions(source)).map(({ masked }) => masked));
    described.set(language, found);
  }
  return [...described].flatMap(([language, texts]) => (language === own ? [] : texts));
}
