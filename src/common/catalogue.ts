import { ExitCode, UserError, describeError, systemCode } from './errors';
import { formatBytes } from './format';

/**
 * Every error a person can meet, in one place, so that wording, hints and exit codes stay consistent. Each function makes one
 * error; the caller throws it.
 */
export const errors = {
  // Input: files and folders given by the person.

  fileMissing: (path: string): UserError =>
    new UserError({
      code: 'file-missing',
      message: `${path} does not exist.`,
      hint: 'Check the spelling; paths are taken from the current folder.',
      exitCode: ExitCode.input,
    }),

  noPermission: (path: string): UserError =>
    new UserError({
      code: 'no-permission',
      message: `${path} cannot be read: permission denied.`,
      hint: 'Give your user read permission on it, or leave it out.',
      exitCode: ExitCode.input,
    }),

  fileVanished: (path: string): UserError =>
    new UserError({
      code: 'file-vanished',
      message: `${path} disappeared or shrank while it was being read.`,
      hint: 'Run the command again once nothing is writing to it.',
      exitCode: ExitCode.input,
    }),

  outputNotWritable: (path: string, cause: unknown): UserError =>
    new UserError({
      code: 'output-not-writable',
      message: `${path} cannot be written: ${describeError(cause)}.`,
      hint: 'Name a file in a folder that exists and that your user may write to.',
      exitCode: ExitCode.failure,
      cause,
    }),

  fileIsFolder: (path: string): UserError =>
    new UserError({
      code: 'file-is-folder',
      message: `${path} is a folder, and a single file is needed here.`,
      hint: 'Name one file; `memmamba read` takes folders.',
      exitCode: ExitCode.input,
    }),

  notAFolder: (path: string): UserError =>
    new UserError({
      code: 'not-a-folder',
      message: `${path} is no folder, and one is needed here.`,
      hint: 'Name the folder that holds the files.',
      exitCode: ExitCode.input,
    }),

  notAFile: (path: string): UserError =>
    new UserError({
      code: 'not-a-file',
      message: `${path} is neither a file nor a folder (a device, socket or pipe).`,
      hint: 'Save its content to a file and name that file.',
      exitCode: ExitCode.input,
    }),

  linkLoop: (path: string): UserError =>
    new UserError({
      code: 'link-loop',
      message: `${path} is a symbolic link that leads back to itself.`,
      hint: 'Name the file it should point to.',
      exitCode: ExitCode.input,
    }),

  fileEmpty: (path: string): UserError =>
    new UserError({
      code: 'file-empty',
      message: `${path} is empty: there is nothing to read.`,
      exitCode: ExitCode.input,
    }),

  fileBinary: (path: string, why: string): UserError =>
    new UserError({
      code: 'file-binary',
      message: `${path} is not text: ${why}.`,
      hint: 'MemMamba reads text in UTF-8, or in UTF-16 with a byte order mark; convert the file if it is text.',
      exitCode: ExitCode.input,
    }),

  fileTooLarge: (path: string, bytes: number, limit: number): UserError =>
    new UserError({
      code: 'file-too-large',
      message: `${path} has ${formatBytes(bytes)}, more than the limit of ${formatBytes(limit)}.`,
      hint: 'Raise the limit with --max-size (in MB); nothing is ever cut silently.',
      exitCode: ExitCode.input,
    }),

  fileRefused: (path: string, { kind, why }: { kind: 'link' | 'secret'; why: string }): UserError =>
    new UserError({
      code: kind === 'secret' ? 'file-secret' : 'file-outside',
      message: `${path} ${why}.`,
      ...(kind === 'secret' && { hint: 'Rename the file if it holds no secret.' }),
      exitCode: ExitCode.input,
    }),

  readFailed: (path: string, cause: unknown): UserError =>
    new UserError({
      code: 'read-failed',
      message: `${path} cannot be read: ${describeError(cause)}.`,
      exitCode: ExitCode.input,
      cause,
    }),

  nothingToRead: (paths: readonly string[]): UserError =>
    new UserError({
      code: 'nothing-to-read',
      message: `No readable text file in ${paths.join(', ')}.`,
      hint: 'The list of what was skipped says why; .memmambaignore can re-include ignored files with a line starting with "!".',
      exitCode: ExitCode.input,
    }),

  positionOutside: (path: string, line: number, column: number, what: string): UserError =>
    new UserError({
      code: 'position-outside',
      message: `${path} has no position ${line}:${column}: ${what}.`,
      hint: 'Lines and columns are counted from 1.',
      exitCode: ExitCode.usage,
    }),

  // Usage of the command line.

  usage: (message: string, hint = 'Run `memmamba --help` for the commands and options.'): UserError =>
    new UserError({ code: 'usage', message, hint, exitCode: ExitCode.usage }),

  modelFolderMissing: (folder: string): UserError =>
    new UserError({
      code: 'model-folder-missing',
      message: `The model folder ${folder} does not exist.`,
      hint: 'Name a folder that holds a manifest.json with --model or MEMMAMBA_MODEL, or leave both out.',
      exitCode: ExitCode.model,
    }),

  // The store of states.

  storeUnavailable: (folder: string, cause: unknown): UserError =>
    new UserError({
      code: 'store-unavailable',
      message: `The memory store in ${folder} cannot be used: ${describeError(cause)}.`,
      hint: 'Choose another folder with --cache or MEMMAMBA_CACHE.',
      exitCode: ExitCode.store,
      cause,
    }),

  storeReadOnly: (folder: string): UserError =>
    new UserError({
      code: 'store-read-only',
      message: `The memory store in ${folder} is open for reading only, so nothing in it can be changed.`,
      hint: 'Choose a folder you may write to with --cache or MEMMAMBA_CACHE.',
      exitCode: ExitCode.store,
    }),
} as const;

/** The error for a failed file-system call on a path that a person named. */
export function fileSystemError(path: string, cause: unknown): UserError {
  switch (systemCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return errors.fileMissing(path);
    case 'EACCES':
    case 'EPERM':
      return errors.noPermission(path);
    case 'ELOOP':
      return errors.linkLoop(path);
    case 'EISDIR':
      return errors.fileIsFolder(path);
    default:
      return errors.readFailed(path, cause);
  }
}
