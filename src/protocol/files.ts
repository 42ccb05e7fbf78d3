import { NotificationMessage, RequestMessage } from './message';
/** Why a file is not read. `ignored` covers .gitignore, .memmambaignore and folders of installed packages. */
export type SkipReason =
  | 'ignored'
  | 'secret'
  | 'link'
  | 'binary'
  | 'empty'
  | 'too-large'
  | 'minified'
  | 'lock'
  | 'untrusted'
  | 'forgotten'
  | 'unreadable';

/** The memory stage of one file. */
export type FileState =
  /** Not read yet. */
  | { kind: 'waiting' }
  | { kind: 'reading'; doneTokens: number; totalTokens: number }
  /** Memory and text agree. `restoredTokens` came from the store without reading. */
  | { kind: 'fresh'; tokens: number; restoredTokens: number }
  /** The text has changed since it was read; it will be read again from the last checkpoint before the change. */
  | { kind: 'stale'; tokens: number }
  | { kind: 'skipped'; reason: SkipReason; why: string }
  /** Reading failed for a reason unrelated to the file. */
  | { kind: 'failed'; message: string };

/** One line of the tree of files. */
export type FileEntry =
  | { type: 'file'; uri: string; name: string; open: boolean; state: FileState }
  | {
      type: 'folder';
      uri: string;
      name: string;
      /** Number of files inside, at any depth, by state. */
      counts: FileCounts;
    };

/** Numbers of files by kind of state. A folder that is skipped as a whole counts as one file. */
export type FileCounts = Record<FileState['kind'], number>;

export interface FilesParams {
  /** The folder to list; omitted: the workspace folders, and the open files outside of them. */
  folder?: string;
}

export interface FilesResult {
  /** Folders first, then files, each by name. */
  entries: FileEntry[];
}

/** The content of one folder of the tree of files. */
export const FilesRequest = new RequestMessage<FilesParams, FilesResult>('memmamba/files');

/** The tree of files has changed (sent at most a few times per second). */
export const FilesChangedNotification = new NotificationMessage('memmamba/filesChanged');
