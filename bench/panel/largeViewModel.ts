import { ATTENDED_SHARE, type MemoryViewModel, type MemoryViewState, type AttendedResult } from '../../src/protocol';
import { englishLabels } from '../../src/common/charts';

/** Size of the panel's content. */
export interface Size {
  tokens: number;
  notes: number;
  evicted: number;
}

/** A seeded generator of numbers in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
}

/** A view model larger than any shipped model produces, of a text with a token in every fifth column. */
export function largeViewModel({ tokens, notes, evicted }: Size): MemoryViewModel {
  const layers = [3, 7, 11];
  const random = numbers(20_261_122);
  const columns = (count: number): MemoryViewModel['notes'] & { until: number[] } => {
    const positions = Array.from({ length: count }, () => Math.floor(random() * tokens)).sort((a, b) => a - b);
    return {
      layer: positions.map((_, i) => i % layers.length),
      slot: positions.map((_, i) => Math.floor(i / layers.length)),
      position: positions,
      score: positions.map(() => random() * 8 - 2),
      line: positions.map((position) => Math.floor(position / 12)),
      start: positions.map((position) => (position % 12) * 5),
      end: positions.map((position) => (position % 12) * 5 + 4),
      offset: positions.map((position) => position * 5),
      text: positions.map((position) => ` t${position % 1000}`),
      attended: positions.map(() => Math.floor(random() * 3)),
      until: positions.map((position) => Math.min(tokens, position + 4096)),
    };
  };
  return {
    bytes: tokens * 5,
    lines: Math.ceil(tokens / 12),
    tokens,
    headerTokens: 4,
    restoredTokens: 0,
    recentFrom: tokens - 256,
    blockSize: 128,
    poolSize: Math.ceil(notes / layers.length),
    archiveSize: 0,
    layers,
    stateBytes: 3_000_000,
    checkpoints: Array.from({ length: 24 }, (_, i) => Math.floor(((i + 1) * tokens) / 24)),
    notes: columns(notes),
    evicted: { count: [evicted, evicted, evicted], known: 'placed', everyTokens: 2048, notes: columns(evicted) },
    counted: { completions: 2, answers: 1 },
  };
}

/** What a completion attended to in such a file: every note, as a softmax does. */
export function largeAttended(uri: string, { notes, layers }: MemoryViewModel): AttendedResult {
  const weight = notes.position.map((_, i) => 1 / (1 + ((i * 7919) % notes.position.length)));
  const sum = weight.reduce((a, b) => a + b, 0);
  const read = notes.layer;
  return {
    of: 'completion',
    offered: { text: 'return value;', line: 20, character: 4 },
    files: [
      {
        uri,
        name: 'large.ts',
        tokens: 12,
        layers,
        reads: layers.map((layer) => ({ layer, kind: 'own', nothing: 0.1, notes: 0.3, recent: 0.5, own: 0.1 })),
        notes: {
          ...notes,
          read,
          weight: weight.map((one) => (0.9 * one) / sum),
          peak: weight.map((one) => Math.min(1, one * 4 * ATTENDED_SHARE)),
        },
      },
    ],
  };
}

/** The extension's first message. Labels are their own names, since they are not measured. */
export function largeState(viewModel: MemoryViewModel): MemoryViewState {
  const uri = 'file:///large.ts';
  const labels = new Proxy({} as MemoryViewState['labels'], { get: (_, name) => String(name) });
  const names = [
    'noFile notRead readOf earlier pin unpin facts tokens restored lines bytes state checkpoints notes notesOf evicted counted map',
    'mapHelp mapPlace zoomIn zoomOut zoomReset layer allLayers sort order lists tabNotes tabEvicted tabAttended tabChanges columnToken',
    'columnLine columnLayer columnSlot columnScore columnAge columnAttended columnUntil columnWeight columnPeak columnChange added',
    'dropped rescored changesSummary fileName emptyNotes emptyEvicted unknownEvicted knownEvicted emptyAttended emptyChanges noChanges',
    'remember forgetBaseline comparedWith attendedByCompletion attendedByAnswer closeAttended completionAttended answerAttended attendedReads',
    'readOwn readCross shareNotes shareRecent shareOwn shareNothing fidelity fidelityHelp measure cancel measuring numbers exportJson',
    'exportSvg',
  ].flatMap((line) => line.split(' ') as (keyof MemoryViewState['labels'])[]);
  return {
    labels: Object.fromEntries(names.map((name) => [name, labels[name]])) as unknown as MemoryViewState['labels'],
    chartLabels: englishLabels,
    file: {
      uri,
      name: 'large.ts',
      isPinned: false,
      note: '',
      isStale: false,
      read: { done: viewModel.tokens, total: viewModel.tokens },
    },
    viewModel,
    baseline: null,
    attended: largeAttended(uri, viewModel),
    fidelity: { kind: 'none' },
    peeked: null,
    front: null,
  };
}
