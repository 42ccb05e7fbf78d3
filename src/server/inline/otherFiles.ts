import { bytesPerToken, WorkspaceIndex, type OtherFilesIndex, type ReadingEngine } from '../../engine';
import type { FileReading } from '../../memory';
import type { FileKey, WorkspaceFile } from '../../workspace';

/**
 * N-gram index of all files that were read, for completions in any of them. Their tokens are available when they are read or
 * restored. A file that is left out from now on must be forgotten.
 */
export class OtherFiles {
  private readonly index: WorkspaceIndex;

  /** @param limit maximum size of the index in bytes; may change at any time */
  constructor(
    private readonly engine: Pick<ReadingEngine, 'usesOtherFiles'> & {
      readonly config: Pick<ReadingEngine['config'], 'vocabSize'>;
    },
    private readonly limit: () => number,
  ) {
    this.index = new WorkspaceIndex(engine.config.vocabSize, 0);
  }

  /** A file was read, or restored, to its end. */
  wasRead(
    { key }: Pick<WorkspaceFile, 'key'>,
    { tokens, headerTokens }: Pick<FileReading, 'tokens' | 'headerTokens'>,
  ): void {
    if (!this.engine.usesOtherFiles) return;
    this.index.setLimit(this.tokenLimit);
    this.index.set(key, tokens.subarray(headerTokens));
  }

  forget(key: FileKey): void {
    this.index.delete(key);
  }

  /** All files except this one; undefined when there are no others, or they do not count for this model. */
  excluding({ key }: Pick<WorkspaceFile, 'key'>): OtherFilesIndex | undefined {
    this.index.setLimit(this.tokenLimit);
    const others = this.index.files - (this.index.has(key) ? 1 : 0);
    return others > 0 ? this.index.excluding(key) : undefined;
  }

  private get tokenLimit(): number {
    return Math.floor(this.limit() / bytesPerToken);
  }
}
