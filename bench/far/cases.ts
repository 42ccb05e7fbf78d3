import type { Engine } from '../../src/engine';
import { seededRandom } from '../../src/engine/random';
import type { Package } from '../ask/packages';
import { describeLength } from '../options';
import { inRandomOrder } from '../statistics';
import { kinds, languages, marks, readForms, type Form, type FormLanguage, type Kind, type Snippet } from './forms';
import { SurroundingSource, type Place, type Surroundings } from './surroundings';
import { WordSource } from './words';

/** A position where only a far definition tells what to write. */
export interface FarCase {
  id: string;
  language: FormLanguage;
  kind: Kind;
  /** Wanted and actual tokens between definition and cursor. */
  length: number;
  distance: number;
  prefix: string;
  suffix: string;
  /** The prefix with the definition repeated directly above the use. */
  pastedPrefix: string;
  /** Spellings, one of which must be written first. */
  expected: string[];
  definition: string;
}

/** Cases that share a text except for the use: one reading serves them all. */
export interface FarDocument {
  language: FormLanguage;
  length: number;
  package: string;
  name: string;
  siblings: Surroundings['siblings'];
  cases: FarCase[];
}

export const LENGTHS = [1024, 8192, 32_768, 65_536];

/** Cases of a kind in each language at each distance. */
const ROUNDS = 3;

/** Facts in one document: few in a short one, as in real code. */
const factsIn = (length: number): number => (length < 4096 ? 1 : length < 16_384 ? 4 : kinds.length);

/** How far a distance may be from the wanted one. */
const tolerance = (length: number): number => Math.max(300, 0.06 * length);

/** Minimum number of tokens after a use, where there are as many. */
const BEHIND = 600;

/** Surroundings to try until one has room for all facts. */
const TRIES = 60;

interface Plan {
  language: FormLanguage;
  length: number;
  kinds: readonly Kind[];
  round: number;
}

/**
 * The documents of every length, in an order in which the first ones are balanced by kind and language.
 *
 * @param scale 1 = all cases
 */
function plans(lengths: readonly number[], wanted: readonly Kind[], scale: number): Plan[][] {
  return lengths.map((length) => {
    const size = factsIn(length);
    const parts = Array.from({ length: kinds.length / size }, (_, i) => kinds.slice(i * size, (i + 1) * size));
    const count = parts.length * languages.length;
    return Array.from({ length: Math.ceil(count * ROUNDS * scale) }, (_, i): Plan => {
      const language = languages[i % languages.length]!;
      const part = parts[i % parts.length]!.filter((kind) => wanted.includes(kind));
      return { language, length, kinds: part, round: Math.floor(i / count) };
    }).filter((plan) => plan.kinds.length > 0);
  });
}

/** Which cases to draw. */
export interface Selection {
  lengths: readonly number[];
  kinds: readonly Kind[];
  scale: number;
  /** Total number of cases, spread evenly over the lengths; omitted = all. */
  cases: number | undefined;
  seed: number;
}

/** The documents of a selection; the same seed gives the same cases, whatever else is selected. */
export async function farDocuments(
  tokenizer: Engine['tokenizer'],
  packages: readonly Package[],
  selection: Selection,
): Promise<FarDocument[]> {
  const { lengths, cases, seed } = selection;
  const planters = new Map(
    languages.map((language) => [
      language,
      new Planter(readForms(language), new SurroundingSource(packages, language, tokenizer), tokenizer, seed),
    ]),
  );
  const documents: FarDocument[] = [];
  for (const [i, rows] of plans(lengths, selection.kinds, selection.scale).entries()) {
    // The remainder goes to the first lengths.
    let left = cases === undefined ? Infinity : Math.floor(cases / lengths.length) + Number(i < cases % lengths.length);
    for (const plan of rows) {
      if (left <= 0) break;
      const document = await planters.get(plan.language)!.plant(plan);
      document.cases.splice(left);
      left -= document.cases.length;
      documents.push(document);
    }
  }
  return documents;
}

/** Places for the definition and the use of a form. */
interface Planted {
  kind: Kind;
  use: Snippet;
  definition: Snippet;
  from: Place;
  to: Place;
  keepsClosers: boolean;
}

/** Plants facts into natural code of one language. */
class Planter {
  constructor(
    private readonly forms: readonly Form[],
    private readonly source: SurroundingSource,
    private readonly tokenizer: Engine['tokenizer'],
    private readonly seed: number,
  ) {}

  async plant({ language, length, kinds: wanted, round }: Plan): Promise<FarDocument> {
    const id = `${language}-${describeLength(length)}-${round}-${wanted[0]}`;
    const random = seededRandom(hashOf(`${this.seed} ${id}`));
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const around = await this.source.draw(length + tolerance(length) + 2000, random);
      const words = new WordSource(around.lines.join('\n'), random);
      const planted: Planted[] = [];
      for (const kind of wanted) {
        const one = this.place(kind, { length, round, around, taken: planted, random, words });
        if (one) planted.push(one);
      }
      if (planted.length < wanted.length) continue;
      const cases = planted.map((one): FarCase => {
        const written = write(around, planted, one, language);
        const distance = this.tokenizer.encode(Buffer.from(written.between, 'utf8')).length;
        return { id: `${id}/${one.kind}`, language, kind: one.kind, length, distance, ...written };
      });
      return { language, length, package: around.package, name: around.name, siblings: around.siblings, cases };
    }
    throw new Error(`no code of ${language} has places for ${wanted.join(', ')}`);
  }

  /** A form of a kind at places that are far enough apart, or undefined. */
  private place(
    kind: Kind,
    {
      length,
      round,
      around: { places, step },
      taken,
      random,
      words,
    }: {
      length: number;
      round: number;
      around: Surroundings;
      taken: readonly Planted[];
      random: () => number;
      words: WordSource;
    },
  ): Planted | undefined {
    const pairs = this.pairs(kind);
    const first = LENGTHS.indexOf(length) * ROUNDS + round;
    const isFree = ({ line }: Place): boolean => taken.every(({ from, to }) => from.line !== line && to.line !== line);
    for (let i = 0; i < pairs.length; i++) {
      const { definition, use } = pairs[(first + i) % pairs.length]!;
      const between = places.filter(isFree).flatMap((from) =>
        from.site !== definition.site
          ? []
          : places
              .filter((to) => to.site === use.site && isFree(to))
              .filter((to) => Math.abs(to.tokens - from.tokens - length) <= tolerance(length))
              .map((to) => ({ from, to })),
      );
      const chosen = between[Math.floor(random() * between.length)];
      if (!chosen) continue;
      const rename = words.renaming();
      const written = ({ site, text }: Snippet, indent: string): Snippet => {
        const named = rename(text).replace(/\bHOST\b/g, chosen.from.host ?? 'HOST');
        return { site, text: indented(named, indent, this.step, step) };
      };
      return {
        kind,
        definition: written(definition, chosen.from.indent),
        use: written(use, chosen.to.indent),
        ...chosen,
        keepsClosers: random() < 0.5,
      };
    }
    return undefined;
  }

  /** Every definition with each of its uses, in an order determined by the seed. */
  private pairs(kind: Kind): { definition: Snippet; use: Snippet }[] {
    const own = this.forms.filter((form) => form.kind === kind);
    const random = seededRandom(hashOf(`${this.seed} ${own[0]!.language} ${kind}`));
    return inRandomOrder(
      own.flatMap(({ definition, uses }) => uses.map((use) => ({ definition, use }))),
      random,
    );
  }

  /** One step of indentation in the forms. */
  private get step(): string {
    const [{ language }] = this.forms as [Form];
    return language === 'go' ? '\t' : language === 'typescript' ? '  ' : '    ';
  }
}

function indented(text: string, indent: string, from: string, to: string): string {
  return text
    .split('\n')
    .map((line) => {
      let steps = 0;
      while (line.startsWith(from, steps * from.length)) steps++;
      return line === '' ? '' : indent + to.repeat(steps) + line.slice(steps * from.length);
    })
    .join('\n');
}

/** The text of one case: all definitions of the document, and the case's use. */
function write(
  { lines, places }: Surroundings,
  all: readonly Planted[],
  { use, definition, from, to, keepsClosers }: Planted,
  language: FormLanguage,
): Pick<FarCase, 'prefix' | 'suffix' | 'pastedPrefix' | 'expected' | 'definition'> & { between: string } {
  const gap = (site: Snippet['site']): string =>
    site === 'inside' ? '\n' : site === 'top' && language === 'python' ? '\n\n\n' : '\n\n';
  const withDefinitions = (first: number, end: number): string =>
    lines
      .slice(first, end)
      .map((line, i) => {
        const here = all.filter(({ from: place }) => place.line === first + i);
        return `${here.map((one) => one.definition.text + gap(one.definition.site)).join('')}${line}\n`;
      })
      .join('');
  const end = places.find(({ site, tokens }) => site === 'top' && tokens >= to.tokens + BEHIND)?.line ?? lines.length;
  const { before, expected, rest, after } = cut(use.text, keepsClosers);
  const head = withDefinitions(0, to.line);
  const defined = head.indexOf(definition.text) + definition.text.length;
  return {
    prefix: head + before,
    suffix: `${rest}${after}${gap(use.site)}${withDefinitions(to.line, end)}`,
    pastedPrefix: `${head}${reindented(definition.text, from.indent, to.indent)}${gap(use.site)}${before}`,
    expected,
    definition: definition.text,
    between: head.slice(defined) + before,
  };
}

function reindented(text: string, from: string, to: string): string {
  return text.replace(new RegExp(`^${from}(?=.)`, 'gm'), to);
}

/** The text around the marks of a use, and what is expected between them. */
export function cut(
  use: string,
  keepsClosers: boolean,
): { before: string; expected: string[]; rest: string; after: string } {
  const begin = use.indexOf(marks.begin);
  const end = use.indexOf(marks.end);
  const lineEnd = use.includes('\n', end) ? use.indexOf('\n', end) : use.length;
  const line = use.slice(end + 1, lineEnd);
  // A line that opens a block keeps what opens it: the block is there.
  const isKept = line.startsWith(marks.keep) || /\{\s*$/.test(line);
  // An editor has put the closers there.
  const closers = /^["'`]?[)\]}]*/.exec(line)![0];
  return {
    before: use.slice(0, begin),
    expected: use.slice(begin + 1, end).split(marks.or),
    rest: isKept ? line.replace(marks.keep, '') : keepsClosers ? closers : '',
    after: use.slice(lineEnd),
  };
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
