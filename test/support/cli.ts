import { run } from '../../src/cli/run';
import { tinyModelDir } from './tinyModel';

export interface CliResult {
  code: number;
  out: string;
  err: string;
}

export interface CliSetup {
  cache: string;
  model?: string;
  signal?: AbortSignal;
  /** Makes stderr a terminal and receives what is written to it. */
  onErr?: (text: string) => void;
}

/** Runs the program in this process, with the tiny model on the CPU. */
export async function cli(setup: CliSetup, ...args: string[]): Promise<CliResult> {
  let out = '';
  let err = '';
  const code = await run(args, {
    out: (text) => void (out += text),
    err: (text) => {
      err += text;
      setup.onErr?.(text);
    },
    isInteractive: setup.onErr !== undefined,
    columns: 100,
    environment: { MEMMAMBA_CACHE: setup.cache, MEMMAMBA_MODEL: setup.model ?? tinyModelDir },
    signal: setup.signal ?? new AbortController().signal,
  });
  return { code, out, err };
}
