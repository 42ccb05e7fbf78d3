import { parseArgs, type ParseArgsConfig } from 'node:util';
import { describeError, errors } from '../common';

type OptionConfig = NonNullable<ParseArgsConfig['options']>[string];

/** An option with its line in the help. */
export interface Option {
  config: OptionConfig;
  /** Placeholder of the value in the help; omitted for switches. */
  value?: string;
  help: string;
}

/** Options that every command takes. */
export const commonOptions = {
  json: { config: { type: 'boolean' }, help: 'print one JSON document on stdout' },
  cache: {
    config: { type: 'string' },
    value: 'FOLDER',
    help: 'folder for states (default: MEMMAMBA_CACHE, or the user cache folder)',
  },
  quota: { config: { type: 'string' }, value: 'MB', help: 'disk space for stored states (default: 2000)' },
  model: {
    config: { type: 'string' },
    value: 'FOLDER',
    help: 'model to use (default: MEMMAMBA_MODEL, or the built-in model)',
  },
  provider: { config: { type: 'string' }, value: 'NAME', help: 'cpu, webgpu or auto (default: auto)' },
  threads: { config: { type: 'string' }, value: 'N', help: 'CPU threads (default: automatic)' },
  'max-size': { config: { type: 'string' }, value: 'MB', help: 'refuse larger files (default: 64)' },
  verbose: { config: { type: 'boolean' }, help: 'log to stderr' },
  help: { config: { type: 'boolean', short: 'h' }, help: 'show this help' },
} as const satisfies Record<string, Option>;

/** Parsed options, with typed access. */
export class Options {
  constructor(
    private readonly values: Record<string, string | boolean | (string | boolean)[] | undefined>,
    readonly positionals: readonly string[],
  ) {}

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** One of the given words. @throws UserError usage */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw errors.usage(`--${name} takes ${choices.join(', ')}; "${text}" is none of them.`);
    return found;
  }

  /** A whole number of at least 1. @throws UserError usage */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1)
      throw errors.usage(`--${name} takes a whole number above 0; "${text}" is none.`);
    return value;
  }

  /** A size given in MB, as bytes. @throws UserError usage */
  megabytes(name: string): number | undefined {
    const count = this.count(name);
    return count === undefined ? undefined : count * 1_000_000;
  }
}

/** Parses a command's arguments. @throws UserError usage for unknown options and missing values */
export function parseOptions(args: readonly string[], own: Record<string, Option>, command: string): Options {
  const all = { ...commonOptions, ...own };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(Object.entries(all).map(([name, { config }]) => [name, config])),
      allowPositionals: true,
      strict: true,
    });
    return new Options(values, positionals);
  } catch (error) {
    const [first] = describeError(error).split('. To specify');
    throw errors.usage(`${first!.replace(/\.$/, '')}.`, `Run \`memmamba ${command} --help\` for its options.`);
  }
}
