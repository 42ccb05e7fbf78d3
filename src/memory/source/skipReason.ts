import type { UserError } from '../../common';
import type { Skipped, SkipKind } from './walk';

const kinds: Partial<Record<string, SkipKind>> = {
  'file-binary': 'binary',
  'file-empty': 'empty',
  'file-too-large': 'too-large',
  'file-secret': 'secret',
  'file-outside': 'link',
  'no-permission': 'permission',
  'file-missing': 'vanished',
  'file-vanished': 'vanished',
  'not-a-file': 'special',
};

/** An unreadable file in a folder is one entry in the list of skipped files, not the end of the walk. */
export function skippedBecause(path: string, error: UserError): Skipped {
  return {
    path,
    kind: kinds[error.code] ?? 'unreadable',
    why: error.message.replace(`${path} `, '').replace(/\.$/, ''),
  };
}
