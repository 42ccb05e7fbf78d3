import { basename } from 'node:path';
import { ExitCode, UserError, describeError, systemCode } from '../common';

const reinstall = 'Install the extension again, or run the command with a model folder that is complete.';

/** The model folder, or a file that its manifest names, is not there or cannot be read. */
export function modelFileMissing(file: string, cause: unknown): UserError {
  const code = systemCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new UserError({
      code: 'model-file-missing',
      message: `The model file ${file} is missing.`,
      hint: reinstall,
      exitCode: ExitCode.model,
      cause,
    });
  }
  return new UserError({
    code: 'model-file-unreadable',
    message: `The model file ${file} cannot be read: ${firstLine(describeError(cause))}.`,
    hint: `Check the permissions of ${basename(file)} and the disk that it is on.`,
    exitCode: ExitCode.model,
    cause,
  });
}

/** A file of the model is shorter or longer than its manifest says: usually an interrupted download or copy. */
export function modelFileTruncated(file: string, expected: number, found: number): UserError {
  return new UserError({
    code: 'model-file-truncated',
    message: `The model file ${file} has ${found} bytes where its manifest says ${expected}.`,
    hint: reinstall,
    exitCode: ExitCode.model,
  });
}

/** A file of the model has the right size but other content. */
export function modelFileAltered(file: string): UserError {
  return new UserError({
    code: 'model-file-altered',
    message: `The model file ${file} was altered: its SHA-256 is not the one in the manifest.`,
    hint: reinstall,
    exitCode: ExitCode.model,
  });
}

/** A JSON file of the model cannot be understood. `detail` says where. */
export function modelFileInvalid(file: string, detail: string, cause?: unknown): UserError {
  return new UserError({
    code: 'model-file-invalid',
    message: `The model file ${file} is not valid: ${detail}.`,
    hint: 'Use the files of one export together, or install the extension again.',
    exitCode: ExitCode.model,
    cause,
  });
}

/** The graph and the configuration of a model do not belong together. */
export function modelShapeMismatch(file: string, detail: string): UserError {
  return new UserError({
    code: 'model-shape-mismatch',
    message: `The graph ${file} does not fit config.json: ${detail}.`,
    hint: 'Use the files of one export together, or install the extension again.',
    exitCode: ExitCode.model,
  });
}

/** The inference library cannot be loaded on this machine. */
export function engineUnavailable(cause: unknown): UserError {
  return new UserError({
    code: 'engine-unavailable',
    message: `Engine unavailable: the inference library does not load (${firstLine(describeError(cause))}).`,
    hint: 'The package is made for one platform: install the one for this operating system and processor.',
    exitCode: ExitCode.model,
    cause,
  });
}

/** The library loads, the model does not. */
export function modelNotLoadable(file: string, provider: string, cause: unknown): UserError {
  return new UserError({
    code: 'model-not-loadable',
    message: `The graph ${file} does not load on ${provider}: ${firstLine(describeError(cause))}.`,
    hint: 'Install the extension again; if it stays so, report the message with the output of `memmamba doctor`.',
    exitCode: ExitCode.model,
    cause,
  });
}

/** No provider computes what the model should: better no answer than a wrong one. */
export function selfTestFailed(reasons: string): UserError {
  return new UserError({
    code: 'self-test-failed',
    message: `Engine unavailable: the model computes wrong results on this machine (${reasons}).`,
    hint: 'Report this with the output of `memmamba doctor`.',
    exitCode: ExitCode.model,
  });
}

/** Native messages span lines and end in a full stop or a stack of library frames; a sentence needs the first line. */
export function firstLine(message: string): string {
  const line = message.split(/\r?\n/, 1)[0]!.trim().replace(/\.+$/, '');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
