import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { FileReading, MemoryDocument } from '../../memory';
import type { PrefixStates } from '../prefix';
import type { FileState } from '../../protocol';

/** What a file is known by: its path, or the URI of a document that is not on disk. */
export type FileKey = string;

/** One reading that is going on. */
export interface ReadingJob {
  controller: AbortController;
  done: Promise<FileReading>;
  /** Version of the open document that is read; undefined for the text on disk. */
  version: number | undefined;
  /** {@link LibraryFile.revision} of the text that is read. */
  revision: number;
  /** Someone waits for it, so that it goes before all other reading. */
  urgent: boolean;
}

/** One file or open document. */
export class LibraryFile {
  state: FileState = { kind: 'waiting' };
  /** The document in the editor, whose text counts instead of the one on disk. */
  document: TextDocument | undefined;
  /** Kept for open documents only; others are restored from the store when they are asked for. */
  reading: { version: number; result: FileReading } | undefined;
  /** For the documents that the user works in. */
  prefix: PrefixStates | undefined;
  job: ReadingJob | undefined;
  /** Grows with every change of the text that is told, so that a reading knows whether it is of the newest. */
  revision = 0;
  /** Asked for by name: read also when the workspace as a whole is not. */
  isWanted = false;

  constructor(
    readonly key: FileKey,
    /** Absolute path; undefined for a document that is not on disk. */
    readonly path: string | undefined,
    private readonly ownUri: string,
  ) {}

  /** The URI as the client writes it, when it has told us. */
  get uri(): string {
    return this.document?.uri ?? this.ownUri;
  }

  get name(): string {
    return basename(this.path ?? decodeURIComponent(this.ownUri.replace(/^[^:]*:/, '')));
  }

  /** The open document's text, as it is to be read. */
  documentBytes(): MemoryDocument | undefined {
    if (this.document === undefined) return undefined;
    return { label: this.key, basename: this.name, bytes: Buffer.from(this.document.getText(), 'utf8') };
  }

  /** The reading of the text as it is now. */
  get current(): FileReading | undefined {
    return this.document !== undefined && this.reading?.version === this.document.version
      ? this.reading.result
      : undefined;
  }
}

/** The path of a `file:` URI, undefined for others. */
export function pathOf(uri: string): string | undefined {
  return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
}

/** The key of what a URI names. */
export function keyOf(uri: string): FileKey {
  return pathOf(uri) ?? uri;
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}
