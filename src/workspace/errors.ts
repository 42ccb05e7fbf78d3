import { errorsOf, ExitCode, type UserError } from '../common';

/** A question about a file that is not read. */
export function fileSkipped(name: string, why: string): UserError {
  const hint = 'A line such as "!name" in .memmambaignore re-includes an ignored file.';
  return errorsOf(ExitCode.input)('file-skipped', `${name} is not read: ${why}.`, hint);
}
