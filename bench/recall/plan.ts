import { createHash } from 'node:crypto';
import type { Tokenizer } from '../../src/engine';
import { seededRandom } from '../../src/engine/random';
import { absentQuestion, makeFact, type TemplatePair, type Fact, type Family, type Kind } from './facts';
import type { Filler } from './filler';
import { Names } from './names';

/** A question after a document; without a fact it asks for something absent. */
export interface Question {
  kind: Kind;
  /** Template family of the definition; undefined for an absent name. */
  defined: Family | undefined;
  /** Template family of the question. */
  asked: Family;
  /** Position of its fact, 0 = top to 1 = end; undefined for an absent one. */
  depth: number | undefined;
  question: string;
  /** Code to continue; undefined for an absent name, as code cannot say that there is none. */
  use: string | undefined;
  value: string | undefined;
}

/** A document: filler with facts, and the questions after it. */
export interface Plan {
  /** The same plan has the same id in every run; it does not depend on the model. */
  id: string;
  mode: 'single' | 'packed';
  length: number;
  /** Index of the filler. */
  filler: number;
  facts: { fact: Fact; depth: number }[];
  questions: Question[];
}

export interface Grid {
  lengths: readonly number[];
  depths: readonly number[];
  kinds: readonly Kind[];
  /** Per length, depth and kind. */
  cases: number;
  seed: number;
  pack: boolean;
}

/**
 * Fillers per length: short documents differ in everything, long ones share the costly parts. Does not depend on the number of
 * cases, so that a case stays the same when more are added.
 */
function fillersFor(length: number): number {
  return Math.max(1, Math.floor((4 * 65_536) / length));
}

/** Every document of a grid, the cheapest lengths first. */
export function makePlans(grid: Grid): Plan[] {
  return grid.lengths
    .toSorted((a, b) => a - b)
    .flatMap((length) => Array.from({ length: grid.cases }, (_, index) => documents(grid, length, index)).flat());
}

function documents(grid: Grid, length: number, index: number): Plan[] {
  const common = { length, filler: index % fillersFor(length) };
  const mode = grid.pack ? 'packed' : 'single';
  /** @param turn selects the template families of the first fact */
  const make = (
    name: string,
    of: Kind[],
    depths: (names: Names) => number[],
    { turn = index, absent }: { turn?: number; absent?: Kind } = {},
  ): Plan => {
    const id = `${mode} ${length} ${name} case ${index} seed ${grid.seed}`;
    const names = new Names(seededRandom(createHash('sha256').update(id).digest().readUInt32LE()));
    // All four pairs of template families in turn.
    const family = (i: number): Family => (i % 2 === 0 ? 'seen' : 'new');
    const templates = (i: number): TemplatePair => ({
      defined: family(turn + i),
      asked: family(Math.floor((turn + i) / 2)),
    });
    const facts = depths(names).map((depth, i) => {
      const kind = of[(i + index) % of.length]!;
      return { kind, depth, fact: makeFact(kind, templates(i), names) };
    });
    const questions = facts.map(({ kind, depth, fact }): Question => ({ ...fact, kind, depth }));
    if (absent !== undefined) questions.push(absentOf(absent, family(index), names));
    return { id, mode, ...common, facts, questions };
  };
  const wanted = (kind: Kind): boolean => grid.kinds.includes(kind);
  const plans: Plan[] = [];
  if (wanted('absent')) plans.push(make('absent', [], () => [], { absent: 'absent' }));
  for (const [kind, count] of [['keys8', 8] as const, ['keys32', 32] as const]) {
    // Spread over the document, one in each of as many equal parts, so that all depths are asked about after one
    // reading.
    const spread = (names: Names): number[] =>
      Array.from({ length: count }, (_, i) => (i + names.integer(0, 99) / 100) / count);
    const absent = kind === 'keys8' && wanted('absent8') ? ({ absent: 'absent8' } as const) : {};
    if (wanted(kind)) plans.push(make(kind, [kind], spread, absent));
  }
  const alone = (['passkey', 'uuid', 'signature', 'enum'] as const).filter(wanted);
  if (alone.length === 0) return plans;
  if (grid.pack) {
    // Twice as many turns as cases: otherwise each kind would have the same pair of families in every case, as there are four of
    // both.
    const name = `${alone.join('+')} in turn at ${grid.depths.join('+')}`;
    return [...plans, make(name, [...alone], () => [...grid.depths], { turn: 2 * index })];
  }
  return [
    ...plans,
    ...alone.flatMap((kind) =>
      grid.depths.map((depth, i) => make(`${kind} at ${depth}`, [kind], () => [depth], { turn: index + i })),
    ),
  ];
}

function absentOf(kind: Kind, asked: Family, names: Names): Question {
  const { question } = absentQuestion(asked, names);
  return { kind, defined: undefined, asked, depth: undefined, question, use: undefined, value: undefined };
}

/** Tokens of a document, and the position of its first fact: before it, the document equals the filler. */
export function assemble(plan: Plan, filler: Filler, tokenizer: Tokenizer): { ids: Uint32Array; shared: number } {
  const planted = plan.facts
    .map(({ fact, depth }) => ({ depth, ids: tokenizer.encode(Buffer.from(fact.definition, 'utf8')) }))
    .sort((a, b) => a.depth - b.depth);
  const room = plan.length - planted.reduce((sum, { ids }) => sum + ids.length, 0);
  if (room < filler.headerTokens) throw new Error(`${plan.facts.length} facts do not fit into ${plan.length} tokens`);
  const document = new Uint32Array(plan.length);
  let read = 0;
  let written = 0;
  let shared = plan.length;
  const copy = (from: Uint32Array): void => {
    document.set(from, written);
    written += from.length;
  };
  for (const { depth, ids } of planted) {
    const place = Math.max(read, filler.lineEndBefore(Math.round(depth * room)));
    copy(filler.ids.subarray(read, place));
    read = place;
    shared = Math.min(shared, written);
    copy(ids);
  }
  copy(filler.ids.subarray(read, room));
  return { ids: document, shared };
}
