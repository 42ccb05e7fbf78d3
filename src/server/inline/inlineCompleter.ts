import { describeError, isAbort, type Logger } from '../../common';
import type { InlineCompletionParams, Position } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { redactKeys } from '../../memory';
import type { Settings } from '../../protocol';
import { appendLine, type Start } from '../complete';
import { Priority, type EngineTasks, type ScheduledEngine, type WorkspaceFile } from '../../workspace';
import type { PrefixStates } from '../prefix';
import type { AttendedNotesLog } from '../attendedNotes';
import { budgets } from './budget';
import { writeCandidates, type Candidate } from './candidates';
import { BracketInsertion } from './bracketInsertion';
import { DocumentTrees } from './documentTrees';
import type { Insertion } from './insertion';
import { grammarFor, insertionAt } from './insertionAt';
import { MatchIndexes } from './matchIndexes';
import { offerOf, type Offer } from './offer';
import type { OtherFiles } from './otherFiles';
import { prefixAt } from './prefix';
import { NotReadYet, PrefixDecoders } from './prefixDecoders';
import { inlineRequest, isCompletionOn, type InlineRequest } from './request';

/** The file to complete. */
export type CompletedFile = Pick<WorkspaceFile, 'key' | 'uri' | 'name' | 'reading' | 'isOut'>;

/** How a request ended, for the log and the status. */
export type InlineOutcome =
  Offer | { kind: 'nothing'; why: 'unwanted' | 'moved' | 'superseded' } | { kind: 'not-read'; missingTokens: number };

/** Completes at a cursor from the prefix, the suffix, and other files. */
export class InlineCompleter {
  private readonly decoders: PrefixDecoders;
  private readonly tokenIndexes = new MatchIndexes();
  private readonly trees = new DocumentTrees();
  private running: AbortController | undefined;

  constructor(
    private readonly tasks: EngineTasks,
    private readonly log: Logger,
    private readonly attendedNotes: AttendedNotesLog,
    /** States along a document the user works in. */
    private readonly statesOf: (file: CompletedFile) => PrefixStates | undefined,
    private readonly others?: Pick<OtherFiles, 'excluding'>,
  ) {
    this.decoders = new PrefixDecoders(tasks, log);
  }

  /** A document is gone. */
  forget(key: string): void {
    this.decoders.forget(key);
    this.tokenIndexes.forget(key);
    this.trees.forget(key);
  }

  /**
   * The cursor rests here: prepares a completion, so that it arrives in time.
   *
   * @returns false when the text before the cursor has not been read far enough for that
   */
  async prepare(file: CompletedFile, document: TextDocument, position: Position, settings: Settings): Promise<boolean> {
    if (!isCompletionOn(settings, document) || file.isOut) return true;
    this.prepareTree(file, document);
    const before = redactKeys(document.getText()).slice(0, document.offsetAt(position));
    const { tokenizer, config } = this.tasks.engine;
    const { prefix } = prefixAt(tokenizer, file, this.statesOf(file), before);
    // Nobody waits yet, so there is as much time as for an explicit request.
    return this.decoders.prepare(prefix, budgets.explicit.readBlocks * config.stateGrid);
  }

  /**
   * Handles one request. A newer one supersedes it; it always settles. Never waits for a reading.
   *
   * @throws the signal's reason after a cancel
   */
  async complete(
    file: CompletedFile,
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
    if (request === undefined || file.isOut) return { kind: 'nothing', why: 'unwanted' };
    const either = AbortSignal.any([signal, own.signal]);
    try {
      const options = { priority: () => Priority.completion, signal: either };
      const candidates = await this.tasks.run(options, (engine) => this.write(engine, file, request, either));
      const hasMoved = (): boolean => document.version !== version;
      if (hasMoved()) return { kind: 'nothing', why: 'moved' };
      const offer = await this.inserted(file, document, request, (insertion) =>
        offerOf(request, candidates, insertion),
      );
      return hasMoved() ? { kind: 'nothing', why: 'moved' } : offer;
    } catch (error) {
      if (error instanceof NotReadYet) return { kind: 'not-read', missingTokens: error.missingTokens };
      if (isAbort(error, own.signal) && !signal.aborted) return { kind: 'nothing', why: 'superseded' };
      throw error;
    } finally {
      if (this.running === own) this.running = undefined;
    }
  }

  private prepareTree({ key, name }: CompletedFile, document: TextDocument): void {
    const grammar = grammarFor(name, document);
    if (grammar === undefined) return;
    this.trees.prepare(key, document.getText(), grammar).catch((error: unknown) => {
      this.log.error(`the grammar of ${name} cannot be used: ${describeError(error)}`);
    });
  }

  /** Calls with what insertions do to the document; where its grammar cannot be used, by their brackets. */
  private async inserted<T>(
    file: CompletedFile,
    document: TextDocument,
    request: InlineRequest,
    use: (insertion: Insertion) => T,
  ): Promise<T> {
    try {
      return await insertionAt(this.trees, file, document, request, use);
    } catch (error) {
      this.log.error(`the grammar of ${file.name} cannot be used: ${describeError(error)}`);
      return use(new BracketInsertion(request.before, request.after, document.languageId));
    }
  }

  private async write(
    engine: ScheduledEngine,
    file: CompletedFile,
    request: InlineRequest,
    signal: AbortSignal,
  ): Promise<Candidate[]> {
    const start = await this.start(engine, file, request, signal);
    return writeCandidates(engine, start, request, signal);
  }

  /** A decoder at the cursor, watched for what it attends to, and the n-gram matches that count. */
  private async start(
    engine: ScheduledEngine,
    file: CompletedFile,
    request: InlineRequest,
    signal: AbortSignal,
  ): Promise<Start> {
    const { tokenizer, config } = engine;
    const { key, uri, name } = file;
    const { prefix, line } = prefixAt(tokenizer, file, this.statesOf(file), request.before);
    const { readBlocks } = budgets[request.trigger];
    const atLine = await this.decoders.at(engine, prefix, readBlocks * config.stateGrid, signal);
    const { tokens, headerTokens } = prefix;
    const source = { key, uri, name, tokens, headerTokens };
    const decoder = this.attendedNotes.watchCompletion(source, engine.goOn(atLine));
    const { heldBack, appended } = await appendLine(decoder, tokenizer, line);
    const matcher = engine.ngramMatcher(
      this.tokenIndexes.of(engine, prefix, request.after),
      this.others?.excluding(file),
    );
    matcher?.push(...appended);
    return { decoder, heldBack, matcher };
  }
}
