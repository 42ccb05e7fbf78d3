import { seededRandom } from '../random';

/** Maximum number of sampled blocks: reading one costs a run of the model, plus reading from a stored state up to it. */
const MAX_BLOCKS = 24;

/** A block fewer than this many blocks after a stored state is cheap to reach. */
const NEAR = 8;

/** The first range of distances from the end, in tokens: about the recent window. */
const FIRST_EDGE = 256;

/** What is needed to plan the samples of a text. */
export interface PlanInput {
  /** Tokens of the document. */
  readonly tokens: number;
  /** Tokens before the text; they are not sampled. */
  readonly headerTokens: number;
  /** Position of the state; tokens after it were not read into it. */
  readonly readTokens: number;
  readonly blockSize: number;
  /** Positions of stored states. */
  readonly checkpoints: readonly number[];
  /** Number of samples wanted. */
  readonly samples: number;
  readonly seed: number;
}

/** A block to read, and the positions to sample in it; both ascending. */
export interface PlannedBlock {
  readonly block: number;
  readonly positions: readonly number[];
}

/** Lower ends of the ranges of distances: 0, 256, then four times as far each. */
export function distanceEdges(tokens: number): number[] {
  const edges = [0];
  for (let edge = FIRST_EDGE; edge < tokens; edge *= 4) edges.push(edge);
  return edges;
}

/**
 * Samples tokens at all distances from the end; the same seed gives the same tokens. Each range of distances gets the same number of
 * blocks, evenly spread; where blocks shortly after stored states exist, only those are used, so that a long file costs little more
 * than a short one. (Positions of stored states are multiples of a power of two, unrelated to the text.)
 */
export function planSamples(input: PlanInput): PlannedBlock[] {
  const { tokens, headerTokens, readTokens, blockSize, samples } = input;
  const random = seededRandom(input.seed);
  const first = Math.floor(headerTokens / blockSize);
  const all = Array.from({ length: Math.max(0, Math.floor(readTokens / blockSize) - first) }, (_, i) => first + i);
  const edges = distanceEdges(tokens);
  const rangeOf = (block: number): number => {
    const distance = tokens - (block + 0.5) * blockSize;
    return edges.findLastIndex((edge) => distance >= edge);
  };
  // Nothing needs to be read before the first block.
  const stored = new Set([0, ...input.checkpoints.map((position) => position / blockSize)]);
  const isNear = (block: number): boolean =>
    Array.from({ length: NEAR }, (_, i) => block - i).some((b) => stored.has(b));
  const ranges = [...Map.groupBy(all, rangeOf).values()].map((blocks) => {
    const near = blocks.filter(isNear);
    return near.length > 0 ? near : blocks;
  });
  const chosen = share(ranges, MAX_BLOCKS)
    .flatMap((count, i) => stretches(ranges[i]!, count))
    .map((stretch) => stretch[Math.floor(random() * stretch.length)]!)
    .sort((a, b) => a - b);
  const perBlock = Math.max(1, Math.ceil(samples / Math.max(1, chosen.length)));
  return chosen.map((block) => ({ block, positions: somePositions(block, perBlock, input, random) }));
}

/** How many of `total` blocks each range gets: equal shares; what a small range cannot use goes to the others. */
function share(ranges: readonly (readonly number[])[], total: number): number[] {
  const counts = ranges.map(() => 0);
  for (let left = total; left > 0;) {
    const open = counts.flatMap((count, i) => (count < ranges[i]!.length ? [i] : []));
    if (open.length === 0) break;
    for (const i of open.slice(0, left)) {
      counts[i]!++;
      left--;
    }
  }
  return counts;
}

/** Splits a list into `count` parts of nearly equal length, none of them empty. */
function stretches(blocks: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, i) =>
    blocks.slice(Math.floor((i * blocks.length) / count), Math.floor(((i + 1) * blocks.length) / count)),
  );
}

function somePositions(
  block: number,
  count: number,
  { headerTokens, blockSize }: PlanInput,
  random: () => number,
): number[] {
  const from = Math.max(headerTokens, block * blockSize);
  const rest = Array.from({ length: (block + 1) * blockSize - from }, (_, i) => from + i);
  const chosen: number[] = [];
  while (chosen.length < count && rest.length > 0) {
    chosen.push(...rest.splice(Math.floor(random() * rest.length), 1));
  }
  return chosen.sort((a, b) => a - b);
}
