import { ExitCode, UserError } from '../common';

/** A question about a file that is not read. */
export function fileSkipped(name: string, why: string): UserError {
  return new UserError({
    code: 'file-skipped',
    message: `${name} is not read: ${why}.`,
    hint: 'A line such as "!name" in .memmambaignore brings an ignored file back in.',
    exitCode: ExitCode.input,
  });
}
