import { basename } from 'node:path';
import { describeError, errorsOf, ExitCode, systemCode, type UserError } from '../common';

const modelError = errorsOf(ExitCode.model);

const reinstall = 'Install the extension again, or run the command with a complete model folder.';

/** The model folder, or a file listed in its manifest, is missing or unreadable. */
export function modelFileMissing(file: string, cause: unknown): UserError {
  const code = systemCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return modelError('model-file-missing', `The model file ${file} is missing.`, reinstall, cause);
  }
  return modelError(
    'model-file-unreadable',
    `The model file ${file} cannot be read: ${firstLine(describeError(cause))}.`,
    `Check the permissions of ${basename(file)} and its disk.`,
    cause,
  );
}

/** A file of the model is shorter or longer than its manifest says: usually an interrupted download or copy. */
export function modelFileTruncated(file: string, expected: number, found: number): UserError {
  return modelError(
    'model-file-truncated',
    `The model file ${file} has ${found} bytes where its manifest says ${expected}.`,
    reinstall,
  );
}

/** A file of the model has the right size but different content. */
export function modelFileAltered(file: string): UserError {
  return modelError(
    'model-file-altered',
    `The model file ${file} was altered: its SHA-256 is not the one in the manifest.`,
    reinstall,
  );
}

/** A JSON file of the model is invalid. `detail` says where. */
export function modelFileInvalid(file: string, detail: string, cause?: unknown): UserError {
  return modelError(
    'model-file-invalid',
    `The model file ${file} is not valid: ${detail}.`,
    'Use files from the same export, or install the extension again.',
    cause,
  );
}

/** The graph and the configuration of a model do not match. */
export function modelShapeMismatch(file: string, detail: string): UserError {
  return modelError(
    'model-shape-mismatch',
    `The graph ${file} does not match config.json: ${detail}.`,
    'Use files from the same export, or install the extension again.',
  );
}

/** The inference library cannot be loaded on this machine. */
export function engineUnavailable(cause: unknown): UserError {
  return modelError(
    'engine-unavailable',
    `Engine unavailable: the inference library does not load (${firstLine(describeError(cause))}).`,
    'The package is made for one platform: install the one for this operating system and processor.',
    cause,
  );
}

/** The library loads, but the model does not. */
export function modelNotLoadable(file: string, provider: string, cause: unknown): UserError {
  return modelError(
    'model-not-loadable',
    `The graph ${file} does not load on ${provider}: ${firstLine(describeError(cause))}.`,
    'Install the extension again; if that does not help, report the message with the output of `memmamba doctor`.',
    cause,
  );
}

/** No provider computes correctly: no answer is better than a wrong one. */
export function selfTestFailed(reasons: string): UserError {
  return modelError(
    'self-test-failed',
    `Engine unavailable: the model computes wrong results on this machine (${reasons}).`,
    'Report this with the output of `memmamba doctor`.',
  );
}

/** Native messages span several lines and end in a stack of library frames; a sentence needs only the first line. */
export function firstLine(message: string): string {
  const line = message.split(/\r?\n/, 1)[0]!.trim().replace(/\.+$/, '');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
