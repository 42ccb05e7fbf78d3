import { isAbort, type Logger } from '../../common';
import type { ReadingEngine } from '../../engine';
import type { InlineCompletionParams, Position } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Settings } from '../../protocol';
import { appendLine, type Start } from '../complete';
import type { LibraryFile } from '../reading';
import type { Recalls } from '../recalls';
import { Priority, type Scheduler } from '../schedule';
import { budgets } from './budget';
import { writeCandidates, type Candidate } from './candidates';
import { MatchIndexes } from './matchIndexes';
import { offerOf, type Offer } from './offer';
import type { OtherFiles } from './otherFiles';
import { prefixAt } from './prefix';
import { NotReadYet, PrefixDecoders } from './prefixDecoders';
import { inlineRequest, isCompletionOn, type InlineRequest } from './request';

/** How a request ended, for the log and the status. */
export type InlineOutcome =
  Offer | { kind: 'nothing'; why: 'unwanted' | 'moved' | 'superseded' } | { kind: 'not-read'; missingTokens: number };

/** Completes at a cursor from everything before it, from what follows it, and from other files. */
export class InlineCompleter {
  private readonly decoders: PrefixDecoders;
  private readonly indexes = new MatchIndexes();
  private running: AbortController | undefined;

  constructor(
    private readonly engine: ReadingEngine,
    private readonly scheduler: Scheduler,
    log: Logger,
    private readonly recalls: Recalls,
    private readonly others?: Pick<OtherFiles, 'around'>,
  ) {
    this.decoders = new PrefixDecoders(engine, scheduler, log);
  }

  /** A document is gone. */
  forget(key: string): void {
    this.decoders.forget(key);
    this.indexes.forget(key);
  }

  /**
   * The cursor rests here: what a completion needs first is made ready, so that it arrives while it is still wanted.
   *
   * @returns false when the text before the cursor is not read far enough for that
   */
  async prepare(file: LibraryFile, document: TextDocument, position: Position, settings: Settings): Promise<boolean> {
    if (!isCompletionOn(settings, document) || file.state.kind === 'skipped') return true;
    const before = document.getText().slice(0, document.offsetAt(position));
    const { prefix } = prefixAt(this.engine.tokenizer, file, before);
    // Nobody waits yet, so there is as much time as for an explicit request.
    return this.decoders.prepare(prefix, budgets.explicit.readBlocks * this.engine.config.stateGrid);
  }

  /**
   * Handles one request. A newer one supersedes it; it always settles. Never waits for a reading.
   *
   * @throws the signal's reason after a cancel
   */
  async complete(
    file: LibraryFile,
    document: TextDocument,
    params: InlineCompletionParams,
    settings: Settings,
    signal: AbortSignal,
  ): Promise<InlineOutcome> {
    this.running?.abort();
    const own = new AbortController();
    this.running = own;
    const { version } = document;
    const request = inlineRequest(document, params.position, params.context, settings);
    if (request === undefined || file.state.kind === 'skipped') return { kind: 'nothing', why: 'unwanted' };
    const either = AbortSignal.any([signal, own.signal]);
    try {
      const options = { priority: () => Priority.completion, signal: either };
      const candidates = await this.scheduler.run(options, () => this.write(file, request, either));
      return document.version === version ? offerOf(request, candidates) : { kind: 'nothing', why: 'moved' };
    } catch (error) {
      if (error instanceof NotReadYet) return { kind: 'not-read', missingTokens: error.missingTokens };
      if (isAbort(error, own.signal) && !signal.aborted) return { kind: 'nothing', why: 'superseded' };
      throw error;
    } finally {
      if (this.running === own) this.running = undefined;
    }
  }

  private async write(file: LibraryFile, request: InlineRequest, signal: AbortSignal): Promise<Candidate[]> {
    const start = await this.start(file, request, signal);
    return writeCandidates(this.engine, start, request, signal);
  }

  /** A decoder that stands at the cursor, watched for what it attends to, and the matches that weigh in. */
  private async start(file: LibraryFile, request: InlineRequest, signal: AbortSignal): Promise<Start> {
    const { engine } = this;
    const { tokenizer, config } = engine;
    const { key, uri, name } = file;
    const { prefix, line } = prefixAt(tokenizer, file, request.before);
    const { readBlocks } = budgets[request.trigger];
    const atLine = await this.decoders.at(prefix, readBlocks * config.stateGrid, signal);
    const decoder = this.recalls.watchCompletion({ key, uri, name, tokens: prefix.tokens }, atLine.fork());
    const { begin, appended } = await appendLine(decoder, tokenizer, line);
    const lookup = engine.lookup(this.indexes.of(engine, prefix, request.after), this.others?.around(file));
    lookup?.push(...appended);
    return { decoder, begin, lookup };
  }
}
