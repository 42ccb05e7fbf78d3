import { ExitCode, describeError, errorsOf, systemCode, type UserError } from './errors';
import { formatBytes } from './format';

const inputError = errorsOf(ExitCode.input);
const usageError = errorsOf(ExitCode.usage);
const storeError = errorsOf(ExitCode.store);

/**
 * Every error a user can meet, in one place, so that wording, hints and exit codes stay consistent. Each function creates one
 * error; the caller throws it.
 */
export const errors = {
  // Input: files and folders given by the user.

  fileMissing: (path: string) =>
    inputError(
      'file-missing',
      `${path} does not exist.`,
      'Check the spelling; paths are taken from the current folder.',
    ),

  noPermission: (path: string) =>
    inputError(
      'no-permission',
      `${path} cannot be read: permission denied.`,
      'Give your user read permission on it, or leave it out.',
    ),

  fileVanished: (path: string) =>
    inputError(
      'file-vanished',
      `${path} disappeared or shrank while it was being read.`,
      'Run the command again once nothing is writing to it.',
    ),

  outputNotWritable: (path: string, cause: unknown) =>
    errorsOf(ExitCode.failure)(
      'output-not-writable',
      `${path} cannot be written: ${describeError(cause)}.`,
      'Give a file in an existing folder that you may write to.',
      cause,
    ),

  fileIsFolder: (path: string) =>
    inputError(
      'file-is-folder',
      `${path} is a folder, and a single file is needed here.`,
      'Give one file; `memmamba read` accepts folders.',
    ),

  notAFolder: (path: string) =>
    inputError(
      'not-a-folder',
      `${path} is not a folder, and one is needed here.`,
      'Give the folder that contains the files.',
    ),

  notAFile: (path: string) =>
    inputError(
      'not-a-file',
      `${path} is neither a file nor a folder (a device, socket or pipe).`,
      'Save its content to a file and use that.',
    ),

  linkLoop: (path: string) =>
    inputError(
      'link-loop',
      `${path} is a symbolic link that leads back to itself.`,
      'Give the file it should point to.',
    ),

  fileEmpty: (path: string) => inputError('file-empty', `${path} is empty: there is nothing to read.`),

  fileBinary: (path: string, why: string) =>
    inputError(
      'file-binary',
      `${path} is not text: ${why}.`,
      'MemMamba reads text in UTF-8, or in UTF-16 with a byte order mark; convert the file if it is text.',
    ),

  fileTooLarge: (path: string, bytes: number, limit: number) =>
    inputError(
      'file-too-large',
      `${path} has ${formatBytes(bytes)}, more than the limit of ${formatBytes(limit)}.`,
      'Raise the limit with --max-size (in MB); files are never truncated silently.',
    ),

  fileRefused: (path: string, { kind, why }: { kind: 'link' | 'secret'; why: string }) =>
    inputError(
      kind === 'secret' ? 'file-secret' : 'file-outside',
      `${path} ${why}.`,
      kind === 'secret' ? 'Rename the file if it holds no secret.' : undefined,
    ),

  readFailed: (path: string, cause: unknown) =>
    inputError('read-failed', `${path} cannot be read: ${describeError(cause)}.`, undefined, cause),

  nothingToRead: (paths: readonly string[]) =>
    inputError(
      'nothing-to-read',
      `No readable text file in ${paths.join(', ')}.`,
      'The list of what was skipped says why; .memmambaignore can re-include ignored files with a line starting with "!".',
    ),

  positionOutside: (path: string, line: number, column: number, what: string) =>
    usageError(
      'position-outside',
      `${path} has no position ${line}:${column}: ${what}.`,
      'Lines and columns are counted from 1.',
    ),

  // Usage of the command line.

  usage: (message: string, hint = 'Run `memmamba --help` for the commands and options.') =>
    usageError('usage', message, hint),

  modelFolderMissing: (folder: string) =>
    errorsOf(ExitCode.model)(
      'model-folder-missing',
      `The model folder ${folder} does not exist.`,
      'Set --model or MEMMAMBA_MODEL to a folder with a manifest.json, or omit both.',
    ),

  // The store of states.

  storeUnavailable: (folder: string, cause: unknown) =>
    storeError(
      'store-unavailable',
      `The memory store in ${folder} cannot be used: ${describeError(cause)}.`,
      'Choose another folder with --cache or MEMMAMBA_CACHE.',
      cause,
    ),

  storeReadOnly: (folder: string) =>
    storeError(
      'store-read-only',
      `The memory store in ${folder} is open for reading only, so nothing in it can be changed.`,
      'Choose a folder you may write to with --cache or MEMMAMBA_CACHE.',
    ),
} as const;

/** The error for a failed file-system call on a path given by the user. */
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
