import type { Provider } from '../src/engine';

/** Options of every bench; the last ones only where the bench's description says so. */
export interface BenchOptions {
  /** Folder of the model. */
  modelDir: string;
  /** Scales the number of cases: 1 is what the documents quote. */
  scale: number;
  provider: Provider;
  /** Threads of the CPU provider; omitted = as the extension chooses. */
  threads?: number;
  /** Tokens; omitted = the bench's own. */
  lengths?: number[];
  kinds?: string[];
  /** Arms to measure (`far`). */
  arms?: string[];
  /** In 0..1. */
  depths?: number[];
  cases?: number;
  /** With n-gram matches, without them, or both (`infill`). */
  lookup?: boolean[];
  /** Numbers of candidate lines, 1 = only the greedy one (`infill`). */
  considered?: number[];
  seed: number;
  /** Time limit; the results so far are reported. */
  maxMinutes: number;
  /** Draws existing results again, without measuring. */
  picture: boolean;
  /** Several facts share each document of the recall bench. */
  pack: boolean;
  /** Stores fitted weights in the model's folder. */
  write: boolean;
  /** Further files with cases from interrupted runs or other machines, to be included. */
  merge: string[];
  /** Where results go. */
  out: string;
}

/** The options of `npm run bench`, as `parseArgs` wants them. */
export const optionTypes = {
  model: { type: 'string' },
  scale: { type: 'string', default: '1' },
  out: { type: 'string' },
  provider: { type: 'string', default: 'cpu' },
  threads: { type: 'string' },
  lengths: { type: 'string' },
  kinds: { type: 'string' },
  arms: { type: 'string' },
  depths: { type: 'string' },
  cases: { type: 'string' },
  lookup: { type: 'string' },
  considered: { type: 'string' },
  seed: { type: 'string', default: '1' },
  'max-minutes': { type: 'string' },
  picture: { type: 'boolean', default: false },
  pack: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  merge: { type: 'string', multiple: true },
} as const;

type Values = Partial<Record<keyof typeof optionTypes, string | boolean | string[]>>;

/** @throws Error naming the option that is invalid */
export function readOptions(values: Values, defaults: { modelDir: string; out: string }): BenchOptions {
  const text = (name: keyof typeof optionTypes): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: keyof typeof optionTypes): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!(Number(value) >= 0)) throw new Error(`--${name} ${value} is not a number`);
    return Number(value);
  };
  const provider = text('provider');
  if (provider !== 'cpu' && provider !== 'webgpu') throw new Error('--provider is cpu or webgpu');
  const [threads, cases] = [number('threads'), number('cases')];
  const [lengths, kinds, arms, depths] = [text('lengths'), text('kinds'), text('arms'), text('depths')];
  const [lookup, considered] = [text('lookup'), text('considered')];
  return {
    modelDir: text('model') ?? defaults.modelDir,
    scale: number('scale') ?? 1,
    provider,
    ...(threads !== undefined && { threads }),
    ...(lengths !== undefined && { lengths: lengths.split(',').map(parseLength) }),
    ...(kinds !== undefined && { kinds: kinds.split(',') }),
    ...(arms !== undefined && { arms: arms.split(',') }),
    ...(depths !== undefined && { depths: depths.split(',').map(parseDepth) }),
    ...(cases !== undefined && { cases }),
    ...(lookup !== undefined && { lookup: lookup.split(',').map(parseSwitch) }),
    ...(considered !== undefined && {
      considered: considered.split(',').map(parseConsidered),
    }),
    seed: number('seed') ?? 1,
    maxMinutes: number('max-minutes') ?? Infinity,
    picture: values.picture === true,
    pack: values.pack === true,
    write: values.write === true,
    merge: Array.isArray(values.merge) ? values.merge : [],
    out: text('out') ?? defaults.out,
  };
}

/** Aborts after this many minutes; undefined where there is no limit. */
export function timeLimit(minutes: number): AbortSignal | undefined {
  return Number.isFinite(minutes) ? AbortSignal.timeout(Math.round(minutes * 60_000)) : undefined;
}

/** `4096`, `4k` (4 x 1024) or `1M` (1024 x 1024) tokens. @throws Error for anything else */
export function parseLength(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text.trim());
  if (!match) throw new Error(`${text} is not a length: write 4096, 4k or 1M`);
  return Math.round(Number(match[1]) * { '': 1, k: 1024, M: 1024 ** 2 }[match[2] as '' | 'k' | 'M']);
}

/** The shortest form that {@link parseLength} accepts. */
export function describeLength(tokens: number): string {
  if (tokens >= 1024 ** 2 && tokens % 1024 ** 2 === 0) return `${tokens / 1024 ** 2}M`;
  return tokens >= 1024 && tokens % 512 === 0 ? `${tokens / 1024}k` : String(tokens);
}

function parseConsidered(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--considered ${text}: whole numbers from 1 on`);
  return count;
}

function parseSwitch(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new Error(`--lookup ${text}: write on, off or on,off`);
  return text === 'on';
}

/** Percent of a document. */
function parseDepth(text: string): number {
  const depth = Number(text) / 100;
  if (!(depth >= 0 && depth <= 1)) throw new Error(`${text} is not a depth: write percent, as 0,25,50,75,100`);
  return depth;
}
