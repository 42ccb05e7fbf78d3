import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { redactKeys, type FileReading, type MemoryDocument } from '../memory';
import type { FileState } from '../protocol';
import { isOut, nextStage, outdates, type Stage, type StageEvent } from './stage';

/** Identifies a file: its path, or the URI of a document that is not on disk. */
export type FileKey = string;

/** One file or open document, and the only owner of its stage: every event is reported with {@link apply}. */
export class WorkspaceFile {
  /** Requested by name: read even when the workspace as a whole is not. */
  isWanted = false;
  /** Time and size of the file on disk when the text of this revision was loaded. */
  stamp: string | undefined;
  /** Size of its text when last loaded; undefined before. */
  size: number | undefined;
  private stage: Stage = { kind: 'found' };
  private changes = 0;
  private open: TextDocument | undefined;
  private held: { reading: FileReading; revision: number } | undefined;

  /** @param happened called after every event, when the file is in its new stage */
  constructor(
    readonly key: FileKey,
    /** Absolute path; undefined for a document that is not on disk. */
    readonly path: string | undefined,
    private readonly ownUri: string,
    private readonly happened: (file: WorkspaceFile, before: Stage, event: StageEvent) => void,
  ) {}

  /** The URI as the client writes it, if known. */
  get uri(): string {
    return this.open?.uri ?? this.ownUri;
  }

  get name(): string {
    return basename(this.path ?? decodeURIComponent(this.ownUri.replace(/^[^:]*:/, '')));
  }

  /** The document in the editor, whose text takes precedence over the one on disk. */
  get document(): TextDocument | undefined {
    return this.open;
  }

  /** The stage as reported to the client. */
  get state(): FileState {
    switch (this.stage.kind) {
      case 'found':
        return { kind: 'waiting' };
      case 'gone':
        return { kind: 'skipped', reason: 'unreadable', why: 'it no longer exists' };
      default:
        return this.stage;
    }
  }

  /** Not admitted yet, left out, forgotten or gone: nothing of it may be read or kept. */
  get isOut(): boolean {
    return isOut(this.stage);
  }

  /** Whether it has not been checked yet. */
  get isFound(): boolean {
    return this.stage.kind === 'found';
  }

  /** Whether it is waiting to be read. */
  get isDue(): boolean {
    return this.stage.kind === 'waiting' || this.stage.kind === 'stale';
  }

  /** Increases whenever what was read, or is being read, no longer counts. */
  get revision(): number {
    return this.changes;
  }

  /** The latest reading of an open document, even if its text has changed since. Other files are restored from the store on demand. */
  get reading(): FileReading | undefined {
    return this.held?.reading;
  }

  /** The reading of an open document's current text. */
  get current(): FileReading | undefined {
    return this.held?.revision === this.changes ? this.held.reading : undefined;
  }

  /** The open document's text, ready to be read. */
  documentBytes(): MemoryDocument | undefined {
    if (this.open === undefined) return undefined;
    const bytes = Buffer.from(redactKeys(this.open.getText()), 'utf8');
    this.size = bytes.length;
    return { label: this.key, basename: this.name, bytes };
  }

  /** From now on the text in the editor counts or, without one, the text on disk. */
  setDocument(document: TextDocument | undefined): void {
    this.open = document;
    this.held = undefined;
    this.apply({ type: 'switched' });
  }

  /** Something has happened. */
  apply(event: StageEvent): void {
    const before = this.stage;
    this.stage = nextStage(before, event);
    if (outdates(event)) {
      this.changes++;
      this.stamp = undefined;
    }
    if (this.isOut) this.held = undefined;
    this.happened(this, before, event);
  }

  /** Its current text was read to the end. */
  wasRead(reading: FileReading): void {
    if (this.open !== undefined) this.held = { reading, revision: this.changes };
    this.apply({ type: 'read', tokens: reading.tokens.length, restoredTokens: reading.restoredTokens });
  }
}

/** The path of a `file:` URI, undefined for others. */
export function pathOf(uri: string): string | undefined {
  return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
}

/** The key of the file at a URI. */
export function keyOf(uri: string): FileKey {
  return pathOf(uri) ?? uri;
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}
