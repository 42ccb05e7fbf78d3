import { describe, expect, it } from 'vitest';
import type { UserError } from '../../../src/common';
import { ExitCode, describeError, errors, fileSystemError, isAbort, systemCode } from '../../../src/common';

const system = (code: string): Error => Object.assign(new Error(`${code}: failed`), { code });

describe('the error catalogue', () => {
  it('has a distinct code, a whole sentence and an exit code for every error', () => {
    const all: UserError[] = [
      errors.fileMissing('a'),
      errors.noPermission('a'),
      errors.fileVanished('a'),
      errors.fileIsFolder('a'),
      errors.notAFile('a'),
      errors.linkLoop('a'),
      errors.fileEmpty('a'),
      errors.fileBinary('a', 'it is'),
      errors.fileTooLarge('a', 2, 1),
      errors.fileRefused('a', { kind: 'secret', why: 'is one' }),
      errors.readFailed('a', new Error('why')),
      errors.nothingToRead(['a', 'b']),
      errors.positionOutside('a', 1, 2, 'it is short'),
      errors.usage('Wrong.'),
      errors.modelFolderMissing('a'),
      errors.storeUnavailable('a', new Error('why')),
      errors.storeReadOnly('a'),
      errors.outputNotWritable('a', new Error('why')),
      errors.notAFolder('a'),
    ];
    expect(all).toHaveLength(Object.keys(errors).length);
    expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
    for (const error of all) {
      expect(error.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(error.message).toMatch(/^\S.*\.$/s);
      if (error.hint !== undefined) expect(error.hint).toMatch(/^[A-Z`].*\.$/s);
      expect(Object.values(ExitCode)).toContain(error.exitCode);
    }
  });

  it.each([
    ['ENOENT', 'file-missing'],
    ['ENOTDIR', 'file-missing'],
    ['EACCES', 'no-permission'],
    ['EPERM', 'no-permission'],
    ['ELOOP', 'link-loop'],
    ['EISDIR', 'file-is-folder'],
    ['EIO', 'read-failed'],
  ])('makes of %s %s', (code, expected) => {
    const cause = system(code);
    const error = fileSystemError('a', cause);
    expect(error.code).toBe(expected);
    expect(systemCode(cause)).toBe(code);
  });

  it('describes anything that can be thrown', () => {
    expect(describeError(new Error('why'))).toBe('why');
    expect(describeError('text')).toBe('text');
    expect(systemCode('text')).toBeUndefined();
  });

  it('knows an abort from a failure', () => {
    const reason = new Error('mine');
    expect(isAbort(reason, AbortSignal.abort(reason))).toBe(true);
    expect(isAbort(new Error('other'), AbortSignal.abort(reason))).toBe(false);
    expect(isAbort(AbortSignal.abort().reason)).toBe(true);
    expect(isAbort(undefined)).toBe(false);
  });
});
