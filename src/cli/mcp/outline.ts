import { formatCount } from '../../common';
import type { FileProgress, FolderMemory } from './folderMemory';

/** Files that an outline lists one by one. */
const MAX_FILES = 500;

/** What memory holds: of the folder, or of one file. @param key of a file in memory */
export function outlineOf(memory: FolderMemory, key: string | undefined): string {
  if (key !== undefined) return fileOutline(memory, key);
  const { files, skippedFiles } = memory;
  const read = files.filter(({ progress }) => progress.kind === 'read').length;
  return [
    `${formatCount(files.length)} files, ${formatCount(read)} read by the model; all can be asked about.`,
    ...files.slice(0, MAX_FILES).map(({ path, progress }) => `${path}: ${progressText(progress)}`),
    ...(files.length > MAX_FILES ? [`and ${formatCount(files.length - MAX_FILES)} more files`] : []),
    ...(skippedFiles.length > 0 ? ['', `${formatCount(skippedFiles.length)} left out:`] : []),
    ...skippedFiles.slice(0, MAX_FILES).map(({ path, why }) => `${path}: ${why}`),
    ...(skippedFiles.length > MAX_FILES ? [`and ${formatCount(skippedFiles.length - MAX_FILES)} more`] : []),
  ].join('\n');
}

function fileOutline(memory: FolderMemory, key: string): string {
  const definitions = (memory.index.get(key)?.spans ?? []).filter(
    // The later parts of a long function carry its name, too.
    ({ kind, name, code, signatureEnd }) => kind !== 'lines' && name !== undefined && code < signatureEnd,
  );
  const path = memory.pathOf(key);
  const progress = memory.files.find((file) => file.path === path)?.progress;
  return [
    `${path}: ${progress === undefined ? 'not in memory' : progressText(progress)}`,
    ...definitions.map(
      ({ kind, name, owners, code, end }) => `${code + 1}-${end} ${kind} ${[...owners, name].join('.')}`,
    ),
    ...(definitions.length === 0
      ? ['No definitions are known in this language; it can be asked about all the same.']
      : []),
  ].join('\n');
}

function progressText(progress: FileProgress): string {
  switch (progress.kind) {
    case 'waiting':
      return 'not read by the model yet';
    case 'reading':
      return `reading, ${formatCount(progress.doneTokens)} of ${formatCount(progress.totalTokens)} tokens`;
    case 'read':
      return `read whole, ${formatCount(progress.tokens)} tokens`;
    case 'failed':
      return `failed: ${progress.message}`;
  }
}
