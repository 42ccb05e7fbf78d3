import type { ModelConfig } from './config';
import type { RunOutput } from './graph';
import type { NotePool } from './state';

/** One note that received attention. */
export interface ReadNote {
  /** Index into `config.noteLayers` of the layer whose note it is. */
  readonly noteLayer: number;
  /** Slot in that layer's pool at the last read; `poolSize` and above: it came from the archive. */
  readonly slot: number;
  /** Position of the note's token in the document. */
  readonly position: number;
  /** The model's own measure of importance. */
  readonly score: number;
  /** Share of the attention: mean over heads and tokens. */
  readonly weight: number;
  /** Largest share that a single token gave it: mean over heads. */
  readonly peak: number;
}

/**
 * What one read of memory attended to. The shares are means over heads and attending tokens, so that `nothing + (sum of
 * the notes' weights) + recent + own = 1`, as in the softmax of the graph.
 */
export interface MemoryRead {
  /** Layer (0-based) that read. */
  readonly layer: number;
  /** Its own notes and the recent tokens, or the notes of the layers below. */
  readonly kind: 'own' | 'cross';
  /** Share of the null slot. */
  readonly nothing: number;
  /** Share of the recent rows: the previous block, and earlier tokens of this one. 0 in a cross read. */
  readonly recent: number;
  /** Share of the tokens of the same run. 0 in a cross read. */
  readonly own: number;
  /** Every note with a weight above 0, most attention first. */
  readonly notes: readonly ReadNote[];
}

/** What is known of an attended note. */
interface Noted {
  slot: number;
  score: number;
  weight: number;
  peak: number;
}

/** Sums of one read over runs. */
interface Sums {
  nothing: number;
  recent: number;
  own: number;
  /** Per pool that it reads, per slot: for the pool objects in `pools`. */
  weights: Float64Array[];
  peaks: Float64Array[];
  /** Sums of pools replaced in the meantime, by position. */
  earlier: Map<number, Noted>[];
}

/** Results of one run, not summed up yet. */
interface Run extends Pick<RunOutput, 'attention' | 'crossAttention'> {
  count: number;
  pools: readonly NotePool[];
  recentSlots: number;
}

/** Maximum number of weights (4 bytes each) that may wait to be summed up. */
const MAX_WAITING = 4_000_000;

/**
 * Sums up what a decoder attends to: pass it to `Decoder.append`. The user waits for what the decoder writes, so the sums are
 * made later, when requested; until then the weights of all runs are held.
 */
export class ReadLog {
  private waiting: Run[] = [];
  private waitingNumbers = 0;
  private pools: readonly NotePool[] | undefined;
  private readonly own: Sums[];
  private readonly cross: Sums[];
  private row = new Float64Array(0);
  private tokenCount = 0;

  constructor(private readonly config: ModelConfig) {
    const { noteLayers, crossLayers } = config;
    this.own = noteLayers.map(() => emptySums(1));
    this.cross = crossLayers.map((layer) => emptySums(noteLayers.filter((other) => other < layer).length));
  }

  /** Tokens that have read. */
  get tokens(): number {
    return this.tokenCount;
  }

  /**
   * @param count tokens of the run (T)
   * @param pools the pools that the run read
   * @param recentSlots R of the run
   */
  add({ attention, crossAttention }: RunOutput, count: number, pools: readonly NotePool[], recentSlots: number): void {
    this.waiting.push({ attention, crossAttention, count, pools, recentSlots });
    for (const { length } of [...attention, ...crossAttention]) this.waitingNumbers += length;
    this.tokenCount += count;
    if (this.waitingNumbers > MAX_WAITING) this.sumUp();
  }

  private sumUp(): void {
    const runs = this.waiting;
    this.waiting = [];
    this.waitingNumbers = 0;
    for (const run of runs) this.addRun(run);
  }

  private addRun({ attention, crossAttention, count, pools, recentSlots }: Run): void {
    if (pools.some((pool, i) => pool !== this.pools?.[i])) {
      this.flush();
      this.pools = pools;
      this.own.forEach((sums, layer) => makeRoom(sums, pools.slice(layer, layer + 1)));
      this.cross.forEach((sums) => makeRoom(sums, pools));
    }
    attention.forEach((weights, layer) => {
      const sums = this.own[layer]!;
      const recentAt = 1 + pools[layer]!.bias.length;
      this.eachToken(weights, count, (row, places) => {
        sums.nothing += row[0]!;
        addSlots(sums, 0, row, 1, pools[layer]!.count);
        for (let i = recentAt; i < recentAt + recentSlots; i++) sums.recent += row[i]!;
        for (let i = recentAt + recentSlots; i < places; i++) sums.own += row[i]!;
      });
    });
    crossAttention.forEach((weights, i) => {
      const sums = this.cross[i]!;
      this.eachToken(weights, count, (row) => {
        sums.nothing += row[0]!;
        let at = 1;
        for (const pool of sums.weights.keys()) {
          addSlots(sums, pool, row, at, pools[pool]!.count);
          at += pools[pool]!.bias.length;
        }
      });
    });
  }

  /** All reads so far; empty before the first token. */
  reads(): MemoryRead[] {
    if (this.tokenCount === 0) return [];
    this.sumUp();
    this.flush();
    const { noteLayers, crossLayers } = this.config;
    return [
      ...this.own.map((sums, i) => this.toRead(sums, noteLayers[i]!, 'own', i)),
      ...this.cross.map((sums, i) => this.toRead(sums, crossLayers[i]!, 'cross', 0)),
    ];
  }

  private toRead(sums: Sums, layer: number, kind: MemoryRead['kind'], firstPool: number): MemoryRead {
    const share = (sum: number): number => sum / this.tokenCount;
    const notes = sums.earlier.flatMap((map, pool) =>
      Array.from(map, ([position, { slot, score, weight, peak }]) => ({
        noteLayer: firstPool + pool,
        slot,
        position,
        score,
        weight: share(weight),
        peak,
      })),
    );
    notes.sort((a, b) => b.weight - a.weight || a.position - b.position);
    return { layer, kind, nothing: share(sums.nothing), recent: share(sums.recent), own: share(sums.own), notes };
  }

  /** [heads, T, places] -> for each token its row [places], averaged over heads. */
  private eachToken(weights: Float32Array, count: number, visit: (row: Float64Array, places: number) => void): void {
    const heads = this.config.noteHeads;
    const places = weights.length / (heads * count);
    if (this.row.length < places) this.row = new Float64Array(places);
    const { row } = this;
    for (let t = 0; t < count; t++) {
      row.fill(0, 0, places);
      for (let head = 0; head < heads; head++) {
        const from = (head * count + t) * places;
        for (let i = 0; i < places; i++) row[i]! += weights[from + i]!;
      }
      for (let i = 0; i < places; i++) row[i]! /= heads;
      visit(row, places);
    }
  }

  /** Slots hold other notes from now on, so previous sums are kept by position. */
  private flush(): void {
    const { pools } = this;
    if (pools === undefined) return;
    const one = (sums: Sums, firstPool: number): void => {
      sums.weights.forEach((weights, i) => {
        const pool = pools[firstPool + i]!;
        for (let slot = 0; slot < pool.count; slot++) {
          if (weights[slot] === 0) continue;
          const position = pool.positions[slot]!;
          const known = sums.earlier[i]!.get(position) ?? { slot, score: pool.scores[slot]!, weight: 0, peak: 0 };
          known.slot = slot;
          known.weight += weights[slot]!;
          known.peak = Math.max(known.peak, sums.peaks[i]![slot]!);
          sums.earlier[i]!.set(position, known);
        }
        weights.fill(0);
        sums.peaks[i]!.fill(0);
      });
    };
    this.own.forEach((sums, layer) => one(sums, layer));
    this.cross.forEach((sums) => one(sums, 0));
  }
}

function emptySums(pools: number): Sums {
  const arrays = (): Float64Array[] => Array.from({ length: pools }, () => new Float64Array(0));
  return {
    nothing: 0,
    recent: 0,
    own: 0,
    weights: arrays(),
    peaks: arrays(),
    earlier: Array.from({ length: pools }, () => new Map<number, Noted>()),
  };
}

/** Allocates a zero for each slot. */
function makeRoom(sums: Sums, pools: readonly NotePool[]): void {
  for (const i of sums.weights.keys()) {
    const slots = pools[i]!.bias.length;
    if (sums.weights[i]!.length === slots) continue;
    sums.weights[i] = new Float64Array(slots);
    sums.peaks[i] = new Float64Array(slots);
  }
}

function addSlots(sums: Sums, pool: number, row: Float64Array, from: number, count: number): void {
  const weights = sums.weights[pool]!;
  const peaks = sums.peaks[pool]!;
  for (let slot = 0; slot < count; slot++) {
    const weight = row[from + slot]!;
    weights[slot]! += weight;
    if (weight > peaks[slot]!) peaks[slot] = weight;
  }
}
