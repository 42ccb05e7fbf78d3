import { lstat } from 'node:fs/promises';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { ignoredBecause, isBelow, isReallyInside, realPath, walkFolder } from '../../memory';
import type { FileEntry, FileState } from '../../protocol';
import { fileSkipped } from './errors';
import { keyOf, LibraryFile, pathOf, uriOf, type FileKey } from './file';
import { skippedState } from './skip';
import { countStates, fileEntry, folderEntries, folderEntry } from './tree';

/** What of the library its owner must know about. */
export interface LibraryEvents {
  /** Anything visible has changed. */
  changed(): void;
  /** A file has to be read (again). */
  due(file: LibraryFile): void;
  /** A file is gone. */
  removed(file: LibraryFile): void;
}

/** All files that are known: those of the workspace folders, and open documents from anywhere. Knows what is left out and why. */
export class Library {
  readonly files = new Map<FileKey, LibraryFile>();
  roots: readonly string[] = [];
  isTrusted = true;

  constructor(private readonly events: LibraryEvents) {}

  /** Takes over a new list of workspace folders (paths); {@link explore} finds what is in them. */
  setRoots(roots: readonly string[]): void {
    this.roots = [...roots].sort((a, b) => b.length - a.length);
  }

  /** Looks through all workspace folders, and at the open documents anew. */
  async explore(signal?: AbortSignal): Promise<void> {
    for (const file of this.files.values()) if (file.document !== undefined) await this.admit(file);
    for (const file of [...this.files.values()]) {
      if (file.document === undefined && this.rootOf(file.path) === undefined) this.remove(file);
    }
    for (const root of this.roots) await this.walk(root, signal);
  }

  /** Looks through a workspace folder again: new files come in, missing ones go, ignore rules are applied anew. */
  async walk(root: string, signal?: AbortSignal): Promise<void> {
    const { files, skipped } = await walkFolder(root, { signal });
    const seen = new Set<FileKey>(files);
    for (const path of files) {
      const file = this.fileAt(path);
      if (file.state.kind === 'skipped' && !isOfNoWalk(file.state)) this.setDue(file);
    }
    for (const one of skipped) {
      seen.add(one.path);
      // An open document was admitted, or not, by itself: it may be a link to another file of the workspace.
      if (this.files.get(one.path)?.document === undefined) this.setSkipped(this.fileAt(one.path), skippedState(one));
    }
    for (const file of [...this.files.values()]) {
      if (seen.has(file.key) || file.document !== undefined || file.path === undefined) continue;
      if (this.rootOf(file.path) === root) this.remove(file);
    }
    this.events.changed();
  }

  byUri(uri: string): LibraryFile | undefined {
    return this.files.get(keyOf(uri));
  }

  /** The file of a URI. @throws UserError file-skipped when there is none */
  known(uri: string): LibraryFile {
    const file = this.byUri(uri);
    if (file === undefined) throw fileSkipped(uri, 'it belongs to no workspace folder and is not open');
    return file;
  }

  /** A document was opened in the editor. */
  async open(document: TextDocument): Promise<void> {
    const file = this.fileOf(document.uri);
    file.document = document;
    await this.admit(file);
    this.events.changed();
  }

  /** The text of an open document has changed. */
  edited(document: TextDocument): void {
    const file = this.byUri(document.uri);
    if (file === undefined || (file.state.kind === 'skipped' && !isOfNoWalk(file.state))) return;
    file.revision++;
    file.state = { kind: 'stale', tokens: tokensOf(file.state) };
    this.events.due(file);
    this.events.changed();
  }

  /** A document was closed: from now on the text on disk counts. */
  close(document: TextDocument): void {
    const file = this.byUri(document.uri);
    if (file === undefined) return;
    file.document = undefined;
    file.reading = undefined;
    file.prefix = undefined;
    file.job?.controller.abort();
    if (this.rootOf(file.path) === undefined) this.remove(file);
    else if (file.state.kind !== 'skipped') this.setDue(file);
    this.events.changed();
  }

  /**
   * A file or folder was written or made on disk.
   *
   * @returns whether it is a folder: watchers tell of a new folder without telling of what is in it, so its root must be walked
   */
  async changedOnDisk(path: string): Promise<boolean> {
    const root = this.rootOf(path);
    if (root === undefined || this.files.get(path)?.document !== undefined) return false;
    if (await isRealFolder(path)) return true;
    const skipped = await ignoredBecause(root, path);
    if (skipped) {
      // Below a folder that is left out as a whole, files have no line of their own.
      const known = this.files.get(path);
      if (known) this.setSkipped(known, skippedState(skipped));
      return false;
    }
    const file = this.fileAt(path);
    this.setDue(file);
    this.events.changed();
    return false;
  }

  /** A file or folder is gone from the disk. */
  deletedOnDisk(path: string): void {
    for (const file of [...this.files.values()]) {
      if (file.document !== undefined || file.path === undefined) continue;
      if (file.path === path || isBelow(path, file.path)) this.remove(file);
    }
    this.events.changed();
  }

  /** Applies trust, ignore rules and the secrets list to a file anew. */
  async admit(file: LibraryFile): Promise<void> {
    const root = this.rootOf(file.path);
    if (!this.isTrusted && file.path !== undefined && !(await isReallyInside(await realPath(file.path), this.roots))) {
      this.setSkipped(file, {
        kind: 'skipped',
        reason: 'untrusted',
        why: 'outside the folders of a workspace that is not trusted',
      });
      return;
    }
    const skipped = file.path === undefined ? undefined : await ignoredBecause(root, file.path, this.roots);
    if (skipped) this.setSkipped(file, skippedState(skipped));
    else if (file.current === undefined) this.setDue(file);
  }

  /** The longest workspace folder that holds a path. */
  rootOf(path: string | undefined): string | undefined {
    return path === undefined ? undefined : this.roots.find((root) => path === root || isBelow(root, path));
  }

  /** One level of the tree: of a folder, or the workspace folders and the open files outside of them. */
  entries(folder: string | undefined): FileEntry[] {
    const all = [...this.files.values()];
    if (folder !== undefined) return folderEntries(folder, all);
    const outside = all.filter((file) => this.rootOf(file.path) === undefined).map(fileEntry);
    const [only] = this.roots;
    if (this.roots.length === 1 && only !== undefined) return [...folderEntries(only, all), ...outside];
    const roots = this.roots.map((root) =>
      folderEntry(root, countStates(all.filter(({ path }) => path !== undefined && isBelow(root, path)))),
    );
    return [...roots.sort((a, b) => (a.name < b.name ? -1 : 1)), ...outside];
  }

  /** All files below the folder that a URI names. */
  below(uri: string): LibraryFile[] {
    const folder = pathOf(uri);
    if (folder === undefined) return [];
    return [...this.files.values()].filter(({ path }) => path !== undefined && isBelow(folder, path));
  }

  /** The file of a URI, made known if need be. */
  fileOf(uri: string): LibraryFile {
    const path = pathOf(uri);
    return path === undefined ? this.fileAt(uri, uri) : this.fileAt(path, uri);
  }

  /** Something about the file stands in the way of reading it. */
  setSkipped(file: LibraryFile, state: Extract<FileState, { kind: 'skipped' }>): void {
    file.job?.controller.abort();
    file.reading = undefined;
    file.prefix = undefined;
    file.state = state;
    this.events.changed();
  }

  /** The file is to be read, or read again. */
  setDue(file: LibraryFile): void {
    file.revision++;
    const tokens = tokensOf(file.state);
    file.state = tokens > 0 ? { kind: 'stale', tokens } : { kind: 'waiting' };
    this.events.due(file);
  }

  private fileAt(path: string, uri?: string): LibraryFile {
    let file = this.files.get(path);
    if (file === undefined) {
      file =
        uri?.startsWith('file:') === false
          ? new LibraryFile(uri, undefined, uri)
          : new LibraryFile(path, path, uriOf(path));
      this.files.set(path, file);
      if (uri === undefined) this.events.due(file);
    }
    return file;
  }

  private remove(file: LibraryFile): void {
    file.job?.controller.abort();
    this.files.delete(file.key);
    this.events.removed(file);
  }
}

/** Reasons that a walk does not know of, so that it cannot take them back. */
function isOfNoWalk({ reason }: Extract<FileState, { kind: 'skipped' }>): boolean {
  return ['binary', 'empty', 'too-large', 'minified', 'lock', 'unreadable', 'forgotten'].includes(reason);
}

function tokensOf(state: FileState): number {
  return 'tokens' in state ? state.tokens : 0;
}

function isRealFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
