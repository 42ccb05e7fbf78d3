import { AttentionMass, type AttendedToken } from './attention';
import type { ModelConfig } from './config';
import type { RunOutput } from './graph';
import { copyRows, emptySlots, type NotePool } from './state';

/** Notes per layer that received most attention from a prompt and are read from then on. */
const MAX_ATTENDED = 16;

/**
 * Tokens after a note that are read with it: the longest values have some 45, and their last tokens only receive attention once the first
 * are written.
 */
const FOLLOWING_TOKENS = 48;

/** Slots read after a focused prompt are rounded up to a multiple of this. */
const SLOT_STEP = 128;

/** The notes a decoder has before a prompt selects among them. */
export interface SelectableNotes {
  /** Per note layer, the pool followed by the archive. */
  readonly all: readonly NotePool[];
  /** Notes of tokens from this position on were added while the decoder wrote: they are always read. */
  readonly from: number;
}

/**
 * The pools to read after a prompt has attended to everything. Thousands of notes that received hardly any attention together draw it from
 * the few that matter, and some are mistaken for these: after `F` of one name comes what followed `F` in another
 * (models/training/EXPERIMENTS.md). Of the archived notes, only those with the most attention are read, with what follows them; of the
 * others all, or with `focused` as few.
 *
 * @param attended notes the prompt attended to
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
  // The graph needs the same number in every layer, and a GPU should not need a new one for every prompt.
  const longest = Math.max(1, ...slots.map(({ length }) => length));
  const most = focused ? SLOT_STEP * Math.ceil(longest / SLOT_STEP) : Math.max(config.poolSize, longest);
  return all.map((pool, j) => {
    const chosen: NotePool = { ...emptySlots(config, most), count: slots[j]!.length };
    eachRun(slots[j]!, (slot, to, count) => copyRows(config, pool, slot, chosen, to, count));
    slots[j]!.forEach((slot, i) => (chosen.positions[i] = pool.positions[slot]!));
    return chosen;
  });
}

/** Ascending. @param chosenFrom all slots before this are read @param attended of the pool's layer, most attention first */
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

/** Copies runs of consecutive slots at once. @param visit gets the first slot, its index in the list, and the length of the run */
function eachRun(slots: readonly number[], visit: (slot: number, place: number, count: number) => void): void {
  for (let start = 0; start < slots.length;) {
    let end = start + 1;
    while (end < slots.length && slots[end] === slots[end - 1]! + 1) end++;
    visit(slots[start]!, start, end - start);
    start = end;
  }
}

/** Notes that a run over a prompt attended to. @param all the pools it read */
export function attendedNotes(
  config: ModelConfig,
  out: RunOutput,
  count: number,
  all: readonly NotePool[],
  recentSlots: number,
  position: number,
): AttendedToken[] {
  const mass = new AttentionMass(config);
  // Recent rows are not notes: they count for positions that no archived note has.
  mass.add(out, count, all, recentSlots, position, position + recentSlots);
  return mass.list();
}
