import type { ExitCode } from '../common';
import type { Option, Options } from './options';
import type { Terminal } from './terminal';

/** What a command ends with: for scripts, for people, and for the shell. */
export interface Outcome {
  /** The document for --json. */
  json: object;
  /** What is printed for people, without a line end at its end. Empty for nothing. */
  text: string;
  exitCode: ExitCode;
}

export interface Command {
  name: string;
  /** The arguments, as in `read PATH...`. */
  usage: string;
  /** One line for the list of commands. */
  summary: string;
  /** Further help, below the usage. */
  details?: string;
  options: Record<string, Option>;
  /** @throws UserError for everything that a person can mend */
  run(options: Options, terminal: Terminal): Promise<Outcome>;
}
