import { basename, sep } from 'node:path';
import type { FileCounts, FileEntry } from '../../protocol';
import { uriOf, type LibraryFile } from './file';

export function noCounts(): FileCounts {
  return { waiting: 0, reading: 0, fresh: 0, stale: 0, skipped: 0, failed: 0 };
}

/** Numbers of files by state. */
export function countStates(files: Iterable<LibraryFile>): FileCounts {
  const counts = noCounts();
  for (const { state } of files) counts[state.kind]++;
  return counts;
}

/** What stands directly in a folder: its sub-folders with the counts of all below them, then its files. */
export function folderEntries(folder: string, files: Iterable<LibraryFile>): FileEntry[] {
  const prefix = folder.endsWith(sep) ? folder : folder + sep;
  const folders = new Map<string, FileCounts>();
  const entries: FileEntry[] = [];
  for (const file of files) {
    if (file.path?.startsWith(prefix) !== true) continue;
    const end = file.path.indexOf(sep, prefix.length);
    if (end < 0) {
      entries.push(fileEntry(file));
      continue;
    }
    const path = file.path.slice(0, end);
    const counts = folders.get(path) ?? noCounts();
    counts[file.state.kind]++;
    folders.set(path, counts);
  }
  const inside = [...folders].map(([path, counts]) => folderEntry(path, counts));
  return [...inside.sort(byName), ...entries.sort(byName)];
}

export function fileEntry(file: LibraryFile): FileEntry {
  return { type: 'file', uri: file.uri, name: file.name, open: file.document !== undefined, state: file.state };
}

export function folderEntry(path: string, counts: FileCounts): FileEntry {
  return { type: 'folder', uri: uriOf(path), name: basename(path) || path, counts };
}

function byName(a: FileEntry, b: FileEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
