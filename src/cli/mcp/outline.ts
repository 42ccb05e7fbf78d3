import { formatCount, visibleLine } from '../../common';
import type { FileState } from '../../protocol';
import type { FolderMemory } from './folderMemory';

/** Maximum number of files that an outline lists. */
const MAX_FILES = 500;

/** What memory holds of the folder, or of one file. @param key of a file in memory */
export function outlineOf(memory: FolderMemory, key: string | undefined): string {
  if (key !== undefined) return fileOutline(memory, key);
  const { files } = memory;
  const known = files.filter(({ state }) => state.kind !== 'skipped');
  const skipped = files.filter(({ state }) => state.kind === 'skipped');
  const read = files.filter(({ state }) => state.kind === 'fresh').length;
  return [
    `${formatCount(known.length)} files, ${formatCount(read)} read by the model; all can be asked about.`,
    ...known.slice(0, MAX_FILES).map(({ path, state }) => visibleLine(`${path}: ${stateText(state)}`)),
    ...(known.length > MAX_FILES ? [`and ${formatCount(known.length - MAX_FILES)} more files`] : []),
    ...(skipped.length > 0 ? ['', `${formatCount(skipped.length)} left out:`] : []),
    ...skipped.slice(0, MAX_FILES).map(({ path, state }) => visibleLine(`${path}: ${stateText(state)}`)),
    ...(skipped.length > MAX_FILES ? [`and ${formatCount(skipped.length - MAX_FILES)} more`] : []),
  ].join('\n');
}

function fileOutline(memory: FolderMemory, key: string): string {
  const definitions = (memory.index.get(key)?.spans ?? []).filter(
    // The later parts of a long function have its name, too.
    ({ kind, name, code, signatureEnd }) => kind !== 'lines' && name !== undefined && code < signatureEnd,
  );
  const path = memory.pathOf(key);
  const state = memory.files.find((file) => file.path === path)?.state;
  return [
    visibleLine(`${path}: ${state === undefined ? 'not in memory' : stateText(state)}`),
    ...definitions.map(
      ({ kind, name, owners, code, end }) => `${code + 1}-${end} ${kind} ${[...owners, name].join('.')}`,
    ),
    ...(definitions.length === 0
      ? ['Definitions are not recognised in this language; questions about the file work nevertheless.']
      : []),
  ].join('\n');
}

function stateText(state: FileState): string {
  switch (state.kind) {
    case 'waiting':
    case 'stale':
      return 'not read by the model yet';
    case 'reading':
      return `reading, ${formatCount(state.doneTokens)} of ${formatCount(state.totalTokens)} tokens`;
    case 'fresh':
      return `read whole, ${formatCount(state.tokens)} tokens`;
    case 'skipped':
      return state.why;
    case 'failed':
      return `failed: ${state.message}`;
  }
}
