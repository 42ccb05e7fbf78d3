import type { Skipped } from '../../memory';
import type { FileState, SkipReason } from '../../protocol';

const reasons: Record<Skipped['kind'], SkipReason> = {
  'version-control': 'ignored',
  installed: 'ignored',
  gitignore: 'ignored',
  memmambaignore: 'ignored',
  cache: 'ignored',
  secret: 'secret',
  link: 'link',
  special: 'unreadable',
  permission: 'unreadable',
  vanished: 'unreadable',
  binary: 'binary',
  empty: 'empty',
  'too-large': 'too-large',
  minified: 'minified',
  lock: 'lock',
  unreadable: 'unreadable',
};

/** The state of a file that a walk or the reader left out. */
export function skippedState({ kind, why }: Pick<Skipped, 'kind' | 'why'>): Extract<FileState, { kind: 'skipped' }> {
  return { kind: 'skipped', reason: reasons[kind], why };
}
