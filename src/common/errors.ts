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

/**
 * An error meant for users: says what happened, to what, and what to do next. Anything else that is thrown is a bug in this
 * program and is shown with its stack.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  /**
   * @param code stable kebab-case name, for scripts, tests and documentation
   * @param message what happened, and to which file; one sentence
   * @param hint what the user can do next; one sentence, omitted when there is nothing to do
   */
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
    readonly exitCode: ExitCode = ExitCode.failure,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** Makes errors that end the command line with the same code. Parameters as of {@link UserError}. */
export const errorsOf =
  (exitCode: ExitCode) =>
  (code: string, message: string, hint?: string, cause?: unknown): UserError =>
    new UserError(code, message, hint, exitCode, cause);

/** The message of anything that was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's error code (`ENOENT`, `EACCES`...) of a failed call, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
