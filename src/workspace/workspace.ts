import { lstat } from 'node:fs/promises';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { describeError } from '../common';
import type { ModelState } from '../engine';
import {
  ignoredBecause,
  isBelow,
  isReallyInside,
  realPath,
  walkFolder,
  type ReadText,
  type MemoryDocument,
  type TokenizedDocument,
} from '../memory';
import { fileSkipped } from './errors';
import { keyOf, pathOf, uriOf, WorkspaceFile, type FileKey } from './file';
import { leftOut, loadDocument, skippedBy } from './load';
import { isOut, type Stage, type StageEvent } from './stage';

/** Follows the files of a workspace: an index, states for completions, what the user sees. */
export interface FileObserver {
  /** Something visible changed about a file, or the list of files changed. */
  onChanged?(): void;
  /** A file should be read (again): it was admitted or requested, or its text has changed. */
  onDue?(file: WorkspaceFile): void;
  /** A file is about to be read as these tokens. @returns called with every state on the way */
  onReading?(file: WorkspaceFile, document: TokenizedDocument): ((state: ModelState) => void) | undefined;
  /** A file was read, or restored, to its end. */
  onRead?(file: WorkspaceFile, text: ReadText): void;
  /** A file could not be read, for a reason unrelated to the file. */
  onFailed?(file: WorkspaceFile, message: string): void;
  /** Nothing of a file may be kept any more: it was left out or forgotten, or is gone. */
  onDropped?(file: WorkspaceFile): void;
}

/**
 * All known files: those of the workspace folders, and open documents from anywhere. Decides which of them are admitted, and
 * why not.
 */
export class Workspace {
  readonly files = new Map<FileKey, WorkspaceFile>();
  readonly observers: FileObserver[] = [];
  isTrusted = true;
  /** The file the user is working in. */
  active: WorkspaceFile | undefined;
  /** Whether all folders have been scanned since they were set. */
  isExplored = false;
  private folders: readonly string[] = [];

  /** @param maxBytes larger files are left out */
  constructor(readonly maxBytes: () => number) {}

  /** The workspace folders, the longest paths first. */
  get roots(): readonly string[] {
    return this.folders;
  }

  /** Adds an observer. It is told at once what is due. */
  observe(observer: FileObserver): void {
    this.observers.push(observer);
    for (const file of this.files.values()) if (file.isDue) observer.onDue?.(file);
  }

  /** Sets the list of workspace folders (paths); {@link explore} finds what is in them. */
  setRoots(roots: readonly string[]): void {
    this.folders = [...roots].sort((a, b) => b.length - a.length);
    this.isExplored = false;
  }

  /** Walks all workspace folders, and checks the open documents again. */
  async explore(signal?: AbortSignal): Promise<void> {
    for (const file of this.files.values()) if (file.document !== undefined) await this.admit(file);
    for (const file of [...this.files.values()]) {
      if (file.document === undefined && this.rootOf(file.path) === undefined) file.apply({ type: 'removed' });
    }
    const { folders } = this;
    try {
      for (const root of folders) await this.walk(root, signal);
    } finally {
      // Other folders may have been added in the meantime, and are walked by another call.
      if (folders === this.folders) this.isExplored = true;
      this.tell('onChanged');
    }
  }

  /** Walks a workspace folder again: adds new and changed files, removes missing ones, and applies ignore rules again. */
  private async walk(root: string, signal: AbortSignal | undefined): Promise<void> {
    const except = this.folders.filter((other) => other !== root);
    const { files, skipped } = await walkFolder(root, { signal, except });
    const seen = new Set<FileKey>(files);
    for (const path of files) {
      const file = this.fileAt(path);
      file.apply({ type: 'admitted' });
      if (file.stamp !== undefined && file.document === undefined && file.stamp !== (await stampOf(path))) {
        file.apply({ type: 'changed' });
      }
    }
    for (const one of skipped) {
      seen.add(one.path);
      // An open document is admitted separately: it may be a link to another file of the workspace.
      const file = this.fileAt(one.path);
      if (file.document === undefined) file.apply({ type: 'leftOut', because: leftOut(one) });
    }
    for (const file of [...this.files.values()]) {
      if (seen.has(file.key) || file.document !== undefined || file.path === undefined) continue;
      if (this.rootOf(file.path) === root) file.apply({ type: 'removed' });
    }
  }

  byUri(uri: string): WorkspaceFile | undefined {
    return this.files.get(keyOf(uri));
  }

  /** The file of a URI. @throws UserError file-skipped when there is none */
  known(uri: string): WorkspaceFile {
    const file = this.byUri(uri);
    if (file === undefined) throw fileSkipped(uri, 'it belongs to no workspace folder and is not open');
    return file;
  }

  /** The file of a URI, or all files below the folder that it names. */
  under(uri: string): WorkspaceFile[] {
    const file = this.byUri(uri);
    if (file) return [file];
    const folder = pathOf(uri);
    return [...this.files.values()].filter(
      ({ path }) => folder !== undefined && path !== undefined && isBelow(folder, path),
    );
  }

  /** A document was opened in the editor. */
  async open(document: TextDocument): Promise<void> {
    const file = this.fileAt(pathOf(document.uri), document.uri);
    file.setDocument(document);
    await this.admit(file);
  }

  /** The text of an open document has changed. */
  edited(document: TextDocument): void {
    this.byUri(document.uri)?.apply({ type: 'changed' });
  }

  /** A document was closed: from now on the text on disk counts. */
  close(document: TextDocument): void {
    const file = this.byUri(document.uri);
    file?.setDocument(undefined);
    if (this.rootOf(file?.path) === undefined) file?.apply({ type: 'removed' });
  }

  /**
   * A file or folder was created or written on disk.
   *
   * @returns whether it is a folder: watchers report a new folder without its content, so its root must be walked
   */
  async changedOnDisk(path: string): Promise<boolean> {
    const root = this.rootOf(path);
    if (root === undefined || this.files.get(path)?.document !== undefined) return false;
    const info = await lstat(path).catch(() => undefined);
    if (info?.isDirectory() === true) return true;
    const skipped = await ignoredBecause(root, path);
    // In a folder that is left out as a whole, files have no entry of their own.
    const file = skipped ? this.files.get(path) : this.fileAt(path);
    file?.apply(skipped ? { type: 'leftOut', because: leftOut(skipped) } : { type: 'admitted' });
    file?.apply({ type: 'changed' });
    return false;
  }

  /** A file or folder was deleted on disk. */
  deletedOnDisk(path: string): void {
    for (const file of [...this.files.values()]) {
      if (file.document !== undefined || file.path === undefined) continue;
      if (file.path === path || isBelow(path, file.path)) file.apply({ type: 'removed' });
    }
  }

  /** Whether the user trusts the workspace. Documents from outside are checked again. */
  setTrusted(trusted: boolean): void {
    this.isTrusted = trusted;
    for (const file of this.files.values()) if (file.document !== undefined) void this.admit(file);
  }

  /** Applies trust, the gate and the ignore rules to a file again. @returns whether it may be read */
  async admit(file: WorkspaceFile, event: 'admitted' | 'wanted' = 'admitted'): Promise<boolean> {
    const because = await this.refusal(file);
    file.apply(because ? { type: 'leftOut', because } : { type: event });
    return because === undefined;
  }

  /** A file's text from disk. Pass what is thrown to `skippedBy`. */
  async load(file: WorkspaceFile, signal?: AbortSignal): Promise<MemoryDocument> {
    const { path, key } = file;
    if (path === undefined) throw fileSkipped(file.name, 'it is no longer open');
    const stamp = await stampOf(path);
    // Whoever loaded it before has another text, under the same revision.
    if (file.stamp !== undefined && file.stamp !== stamp) file.apply({ type: 'changed' });
    file.stamp = stamp;
    const options = { label: key, folders: this.folders, maxBytes: this.maxBytes(), signal };
    const { document } = await loadDocument(path, options);
    file.size = document.bytes.length;
    return document;
  }

  /** As {@link load}; failures are recorded on the file instead of being thrown. @throws the signal's reason */
  async tryLoad(file: WorkspaceFile, signal: AbortSignal): Promise<MemoryDocument | undefined> {
    try {
      return await this.load(file, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.failed(file, error);
      return undefined;
    }
  }

  /** A file could not be loaded or read: it is left out, if the reason lies in the file. */
  failed(file: WorkspaceFile, error: unknown): void {
    const skipped = skippedBy(file.path ?? file.name, error);
    file.apply(
      skipped ? { type: 'leftOut', because: leftOut(skipped) } : { type: 'failed', message: describeError(error) },
    );
  }

  /** The longest workspace folder that holds a path. */
  rootOf(path: string | undefined): string | undefined {
    return path === undefined ? undefined : this.folders.find((root) => path === root || isBelow(root, path));
  }

  private async refusal({ path }: WorkspaceFile): Promise<ReturnType<typeof leftOut> | undefined> {
    if (path === undefined) return undefined;
    if (!this.isTrusted && !(await isReallyInside(await realPath(path), this.folders))) {
      const why = 'outside the folders of an untrusted workspace';
      return { kind: 'skipped', reason: 'untrusted', why };
    }
    const skipped = await ignoredBecause(this.rootOf(path), path, this.folders);
    return skipped && leftOut(skipped);
  }

  private fileAt(path: string | undefined, uri = uriOf(path!)): WorkspaceFile {
    const key = path ?? uri;
    let file = this.files.get(key);
    if (file === undefined) {
      file = new WorkspaceFile(key, path, path === undefined ? uri : uriOf(path), this.happened);
      this.files.set(key, file);
    }
    return file;
  }

  /** Passes on what has happened to a file. */
  private readonly happened = (file: WorkspaceFile, before: Stage, event: StageEvent): void => {
    if (event.type === 'removed') {
      this.files.delete(file.key);
      if (this.active === file) this.active = undefined;
    }
    const { type } = event;
    const isNew = ['changed', 'switched', 'wanted'].includes(type) || (type === 'admitted' && isOut(before));
    if (file.isOut && !isOut(before)) this.tell('onDropped', file);
    else if (file.isDue && isNew) this.tell('onDue', file);
    if (type === 'failed') for (const observer of this.observers) observer.onFailed?.(file, event.message);
    this.tell('onChanged');
  };

  private tell(what: 'onDue' | 'onDropped', file: WorkspaceFile): void;
  private tell(what: 'onChanged'): void;
  private tell(what: 'onDue' | 'onDropped' | 'onChanged', file?: WorkspaceFile): void {
    for (const observer of this.observers) observer[what]?.(file!);
  }
}

async function stampOf(path: string): Promise<string> {
  const info = await lstat(path).catch(() => undefined);
  return info === undefined ? 'gone' : `${info.mtimeMs} ${info.ctimeMs} ${info.size} ${info.ino}`;
}
