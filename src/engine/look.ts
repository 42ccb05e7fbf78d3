import { AttentionMass, type AttendedToken } from './attention';
import type { ModelConfig } from './config';
import type { RunOutput } from './graph';
import { copyRows, emptyRows, type NotePool } from './state';

/** Archived notes of each layer that a prompt looks up; with what follows them they are read from then on. */
const LOOKED_UP = 16;

/** Tokens behind a note that is looked up: a uuid has some 28, and its last ones are only looked for once the first are written. */
const AHEAD = 32;

/** What a decoder has of archives: all their notes, and those that its last prompt looked up. */
export interface Looking {
  /** Per note layer the pool and behind it the archive. */
  readonly all: readonly NotePool[];
  /** Notes of tokens from this position on are no archived ones, wherever they are: they joined while the decoder wrote. */
  readonly from: number;
}

/**
 * The pools to read after a prompt has looked at everything: without the archived notes that it hardly looked at. Thousands of those
 * together would take a good part of the attention from the few that matter (models/training/EXPERIMENTS.md), and every token
 * would pay for them.
 * @param looked what the prompt looked at; left out = no archived note is chosen
 */
export function chosenPools(
  config: ModelConfig,
  { all, from }: Looking,
  looked: readonly AttendedToken[] = [],
): NotePool[] {
  const slots = all.map((pool, j) =>
    slotsToRead(
      config,
      pool,
      from,
      looked.filter(({ layer }) => layer === config.noteLayers[j]),
    ),
  );
  // The graph wants the same number in every layer.
  const most = Math.max(config.poolSize, ...slots.map(({ length }) => length));
  return all.map((pool, j) => {
    const chosen: NotePool = { ...emptyRows(config, most), count: slots[j]!.length, positions: new Uint32Array(most) };
    const others = slots[j]!.filter((slot) => slot >= config.poolSize);
    const pooled = slots[j]!.length - others.length;
    copyRows(config, pool, 0, chosen, 0, pooled);
    others.forEach((slot, i) => copyRows(config, pool, slot, chosen, pooled + i, 1));
    slots[j]!.forEach((slot, i) => (chosen.positions[i] = pool.positions[slot]!));
    return chosen;
  });
}

/** Ascending. @param looked of the pool's layer, the most looked at first */
function slotsToRead(
  { poolSize }: ModelConfig,
  { count, positions }: NotePool,
  from: number,
  looked: readonly AttendedToken[],
): number[] {
  const isArchived = (slot: number): boolean => slot >= poolSize && positions[slot]! < from;
  const archived = new Set<number>();
  for (let slot = poolSize; slot < count; slot++) if (isArchived(slot)) archived.add(positions[slot]!);
  const wanted = new Set<number>();
  for (const { position } of looked.filter((token) => archived.has(token.position)).slice(0, LOOKED_UP)) {
    for (let at = position - 1; at <= position + AHEAD; at++) wanted.add(at);
  }
  return Array.from({ length: count }, (_, slot) => slot).filter(
    (slot) => !isArchived(slot) || wanted.has(positions[slot]!),
  );
}

/** What a run over a prompt looked at, of notes. @param all the pools that it read */
export function lookedAt(
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
