/**
 * What the command line returns to the shell. Documented in `memmamba --help`; scripts depend on the numbers.
 */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  input: 3,
  model: 4,
  store: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** How a {@link UserError} is made. */
export interface UserErrorOptions {
  /** Stable kebab-case name, for scripts, tests and documentation. */
  code: string;
  /** What happened, and to which file. One sentence. */
  message: string;
  /** What the person can do next. One sentence; left out when there is nothing to do. */
  hint?: string;
  exitCode?: ExitCode;
  cause?: unknown;
}

/**
 * An error meant for a person: says what happened, to what, and what to do next. Anything else that is thrown is a defect of
 * this program and is shown with its stack.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(options: UserErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? ExitCode.failure;
  }
}

/** The message of anything that was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's error code (`ENOENT`, `EACCES`...) of a failed call, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
