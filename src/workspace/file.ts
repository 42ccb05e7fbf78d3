import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { FileReading, MemoryDocument } from '../memory';
import type { FileState } from '../protocol';
import { isOut, nextStage, outdates, type Stage, type StageEvent } from './stage';

/** What a file is known by: its path, or the URI of a document that is not on disk. */
export type FileKey = string;

/** One file or open document, and the only owner of its stage: whatever happens to it is told with {@link apply}. */
export class WorkspaceFile {
  /** Asked for by name: read also when the workspace as a whole is not. */
  isWanted = false;
  /** Time and size of the file on disk when it was loaded last. */
  stamp: string | undefined;
  private stage: Stage = { kind: 'found' };
  private changes = 0;
  private open: TextDocument | undefined;
  private held: { reading: FileReading; revision: number } | undefined;

  /** @param happened told of every event, when the file is in its new stage */
  constructor(
    readonly key: FileKey,
    /** Absolute path; undefined for a document that is not on disk. */
    readonly path: string | undefined,
    private readonly ownUri: string,
    private readonly happened: (file: WorkspaceFile, before: Stage, event: StageEvent) => void,
  ) {}

  /** The URI as the client writes it, when it has told us. */
  get uri(): string {
    return this.open?.uri ?? this.ownUri;
  }

  get name(): string {
    return basename(this.path ?? decodeURIComponent(this.ownUri.replace(/^[^:]*:/, '')));
  }

  /** The document in the editor, whose text counts instead of the one on disk. */
  get document(): TextDocument | undefined {
    return this.open;
  }

  /** The stage as the client is told it. */
  get state(): FileState {
    switch (this.stage.kind) {
      case 'found':
        return { kind: 'waiting' };
      case 'gone':
        return { kind: 'skipped', reason: 'unreadable', why: 'it is not there any more' };
      default:
        return this.stage;
    }
  }

  /** Not admitted yet, left out, forgotten or gone: nothing of it may be read or kept. */
  get isOut(): boolean {
    return isOut(this.stage);
  }

  /** Whether nobody has looked yet if it may be read. */
  get isFound(): boolean {
    return this.stage.kind === 'found';
  }

  /** Whether it waits for being read. */
  get isDue(): boolean {
    return this.stage.kind === 'waiting' || this.stage.kind === 'stale';
  }

  /** Grows whenever what was read, or is being read, no longer counts. */
  get revision(): number {
    return this.changes;
  }

  /** The newest reading of an open document, also when its text has changed since. Others are restored from the store when they are asked for. */
  get reading(): FileReading | undefined {
    return this.held?.reading;
  }

  /** The reading of an open document as it is now. */
  get current(): FileReading | undefined {
    return this.held?.revision === this.changes ? this.held.reading : undefined;
  }

  /** The open document's text, as it is to be read. */
  documentBytes(): MemoryDocument | undefined {
    if (this.open === undefined) return undefined;
    return { label: this.key, basename: this.name, bytes: Buffer.from(this.open.getText(), 'utf8') };
  }

  /** From now on the text in the editor counts, or, without one, the text on disk. */
  setDocument(document: TextDocument | undefined): void {
    this.open = document;
    this.held = undefined;
    this.apply({ type: 'switched' });
  }

  /** Something has happened. */
  apply(event: StageEvent): void {
    const before = this.stage;
    this.stage = nextStage(before, event);
    if (outdates(event)) this.changes++;
    if (this.isOut) this.held = undefined;
    this.happened(this, before, event);
  }

  /** It was read to its end, as it is now. */
  wasRead(reading: FileReading): void {
    if (this.open !== undefined) this.held = { reading, revision: this.changes };
    this.apply({ type: 'read', tokens: reading.tokens.length, restoredTokens: reading.restoredTokens });
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
