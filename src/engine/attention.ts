import type { ModelConfig } from './config';
import type { RunOutput } from './graph';
import type { NotePool } from './state';

/** How much attention one remembered token received. */
export interface AttendedToken {
  /** Layer whose note it is. */
  readonly layer: number;
  /** Position of the token in the document. */
  readonly position: number;
  /** Attention weight, averaged over heads and summed over the attending tokens (and over both reads of a cross layer). */
  readonly weight: number;
}

/** Sums attention weights by document position: pass it to `Decoder.append`. */
export class AttentionMass {
  private readonly byLayer: Map<number, number>[];

  constructor(private readonly config: ModelConfig) {
    this.byLayer = config.noteLayers.map(() => new Map<number, number>());
  }

  /**
   * @param count tokens of the run (T)
   * @param pools the pools that the run read
   * @param recentSlots R of the run
   * @param recentStart document position of recent slot 0 (slots before the document have no weight)
   * @param runStart document position of the run's first token
   */
  add(
    out: RunOutput,
    count: number,
    pools: readonly NotePool[],
    recentSlots: number,
    recentStart: number,
    runStart: number,
  ): void {
    const { noteLayers, crossLayers } = this.config;
    out.attention.forEach((weights, i) => {
      const mass = this.sum(weights, count);
      this.addPool(i, mass, 1, pools[i]!);
      const recentAt = 1 + pools[i]!.bias.length;
      for (let slot = 0; slot < recentSlots; slot++) this.put(i, recentStart + slot, mass[recentAt + slot]!);
      for (let t = 0; t < count; t++) this.put(i, runStart + t, mass[recentAt + recentSlots + t]!);
    });
    out.crossAttention.forEach((weights, i) => {
      const mass = this.sum(weights, count);
      const below = noteLayers.filter((layer) => layer < crossLayers[i]!).length;
      let at = 1;
      for (const [pool, read] of pools.slice(0, below).entries()) {
        this.addPool(pool, mass, at, read);
        at += read.bias.length;
      }
    });
  }

  /** The positions with any attention, most first. */
  list(): AttendedToken[] {
    return this.byLayer
      .flatMap((map, i) =>
        Array.from(map, ([position, weight]) => ({ layer: this.config.noteLayers[i]!, position, weight })),
      )
      .sort((a, b) => b.weight - a.weight || a.position - b.position || a.layer - b.layer);
  }

  /** [heads, T, places] -> [places], averaged over heads and summed over tokens. */
  private sum(weights: Float32Array, count: number): Float64Array {
    const places = weights.length / (this.config.noteHeads * count);
    const mass = new Float64Array(places);
    for (let row = 0; row < weights.length; row += places) {
      for (let i = 0; i < places; i++) mass[i]! += weights[row + i]! / this.config.noteHeads;
    }
    return mass;
  }

  private addPool(layer: number, mass: Float64Array, at: number, pool: NotePool): void {
    for (let slot = 0; slot < pool.count; slot++) this.put(layer, pool.positions[slot]!, mass[at + slot]!);
  }

  private put(layer: number, position: number, weight: number): void {
    if (weight <= 0) return;
    const map = this.byLayer[layer]!;
    map.set(position, (map.get(position) ?? 0) + weight);
  }
}
