import { basename, sep } from 'node:path';
import type { FileCounts, FileEntry } from '../protocol';
import { uriOf, type Workspace, type WorkspaceFile } from '../workspace';

function noCounts(): FileCounts {
  return { waiting: 0, reading: 0, fresh: 0, stale: 0, skipped: 0, failed: 0 };
}

/** Numbers of files by state. */
export function countStates(files: Iterable<WorkspaceFile>): FileCounts {
  const counts = noCounts();
  for (const { state } of files) counts[state.kind]++;
  return counts;
}

/** One level of the tree: of a folder, or the workspace folders and the open files outside of them. */
export function entriesOf(workspace: Workspace, folder: string | undefined): FileEntry[] {
  const { roots } = workspace;
  const all = [...workspace.files.values()];
  if (folder !== undefined) return folderEntries(folder, all);
  const outside = all.filter((file) => workspace.rootOf(file.path) === undefined).map(fileEntry);
  const [only] = roots;
  if (roots.length === 1 && only !== undefined) return [...folderEntries(only, all), ...outside];
  const folders = roots.map((root) => folderEntry(root, countStates(all.filter(({ path }) => isInside(root, path)))));
  return [...folders.sort(byName), ...outside];
}

function isInside(folder: string, path: string | undefined): boolean {
  return path?.startsWith(folder.endsWith(sep) ? folder : folder + sep) === true;
}

/** Direct children of a folder: its subfolders with the counts of everything below them, then its files. */
function folderEntries(folder: string, files: Iterable<WorkspaceFile>): FileEntry[] {
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

function fileEntry(file: WorkspaceFile): FileEntry {
  return { type: 'file', uri: file.uri, name: file.name, open: file.document !== undefined, state: file.state };
}

function folderEntry(path: string, counts: FileCounts): FileEntry {
  return { type: 'folder', uri: uriOf(path), name: basename(path) || path, counts };
}

function byName(a: FileEntry, b: FileEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
