import { AttentionMass, type AttendedToken } from './attention';
import type { ModelConfig } from './config';
import type { RunOutput } from './graph';
import { copyRows, emptySlots, type NotePool } from './state';

/** Notes of each layer that a prompt looked at most, and that are read from then on. */
const MAX_ATTENDED = 16;

/** Tokens after a note that are read with it: the longest values have some 45, and their last ones are only looked for once the first are written. */
const FOLLOWING_TOKENS = 48;

/** Slots of what a narrow prompt reads, or a multiple of it. */
const SLOT_STEP = 128;

/** What a decoder has of notes before it looks for what a prompt wants. */
export interface SelectableNotes {
  /** Per note layer the pool and after it the archive. */
  readonly all: readonly NotePool[];
  /** Notes of tokens from this position on joined while the decoder wrote: they are always read. */
  readonly from: number;
}

/**
 * The pools to read after a prompt has looked at everything. Thousands of notes that it hardly looked at take attention together from the few
 * that matter, and some are mistaken for these: after `F` of one name stands what followed `F` in another one (models/training/EXPERIMENTS.md).
 * Of archived notes only those that it looked at most are read, and what follows them; of the others, all, or with `narrow` as few.
 *
 * @param looked what the prompt looked at
 */
export function selectPools(
  config: ModelConfig,
  { all, from }: SelectableNotes,
  attended: readonly AttendedToken[],
  focused: boolean,
): NotePool[] {
  const slots = all.map((pool, j) => {
    const ofLayer = attended.filter(({ layer }) => layer === config.noteLayers[j]);
    return slotsToRead(pool, focused ? 0 : config.poolSize, from, ofLayer);
  });
  // The graph wants the same number in every layer, and a GPU no new one for every prompt.
  const longest = Math.max(1, ...slots.map(({ length }) => length));
  const most = focused ? SLOT_STEP * Math.ceil(longest / SLOT_STEP) : Math.max(config.poolSize, longest);
  return all.map((pool, j) => {
    const chosen: NotePool = { ...emptySlots(config, most), count: slots[j]!.length };
    eachRun(slots[j]!, (slot, to, count) => copyRows(config, pool, slot, chosen, to, count));
    slots[j]!.forEach((slot, i) => (chosen.positions[i] = pool.positions[slot]!));
    return chosen;
  });
}

/** Ascending. @param chosenFrom slots before that are all read @param looked of the pool's layer, the most looked at first */
function slotsToRead(
  { count, positions }: NotePool,
  chosenFrom: number,
  from: number,
  attended: readonly AttendedToken[],
): number[] {
  const isChosen = (slot: number): boolean => slot >= chosenFrom && positions[slot]! < from;
  const offered = new Set<number>();
  for (let slot = chosenFrom; slot < count; slot++) if (isChosen(slot)) offered.add(positions[slot]!);
  const wanted = new Set<number>();
  for (const { position } of attended.filter((token) => offered.has(token.position)).slice(0, MAX_ATTENDED)) {
    for (let at = position - 1; at <= position + FOLLOWING_TOKENS; at++) wanted.add(at);
  }
  return Array.from({ length: count }, (_, slot) => slot).filter(
    (slot) => !isChosen(slot) || wanted.has(positions[slot]!),
  );
}

/** Slots that follow one another are copied at once. @param visit told the first slot, its place in the list, and how many follow */
function eachRun(slots: readonly number[], visit: (slot: number, place: number, count: number) => void): void {
  for (let start = 0; start < slots.length;) {
    let end = start + 1;
    while (end < slots.length && slots[end] === slots[end - 1]! + 1) end++;
    visit(slots[start]!, start, end - start);
    start = end;
  }
}

/** What a run over a prompt looked at, of notes. @param all the pools that it read */
export function attendedNotes(
  config: ModelConfig,
  out: RunOutput,
  count: number,
  all: readonly NotePool[],
  recentSlots: number,
  position: number,
): AttendedToken[] {
  const mass = new AttentionMass(config);
  // Recent rows are no notes: they count for positions that no archived note has.
  mass.add(out, count, all, recentSlots, position, position + recentSlots);
  return mass.list();
}
