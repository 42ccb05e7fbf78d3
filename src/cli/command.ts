import type { ExitCode } from '../common';
import type { Option, Options } from './options';
import type { Terminal } from './terminal';

/** The result of a command: for scripts, for people, and for the shell. */
export interface Outcome {
  /** The document for --json. */
  json: object;
  /** What is printed for people, without a trailing line end. May be empty. */
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
  /** @throws UserError for everything the user can fix */
  run(options: Options, terminal: Terminal): Promise<Outcome>;
}
