import {
  generate,
  isHopeless,
  type Decoder,
  type ReadingEngine,
  type Lookup,
  type Stop,
  type WeighedLine,
} from '../../engine';
import { isAbort, type Logger } from '../../common';
import type { InlineCompletionItem, InlineCompletionParams, Position } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { isLanguageEnabled, type Settings } from '../../protocol';
import type { LibraryFile } from '../reading';
import type { Recalls } from '../recalls';
import { appendLine, approach, considerLines, isLineOpen, manyLines, meanLogProb, shownBehind } from '../complete';
import { Priority, type Scheduler } from '../schedule';
import { balanceBrackets } from './brackets';
import { inlineContext, type InlineContext } from './context';
import { Indexes } from './indexes';
import { stableLineStart } from './lineStart';
import type { OtherFiles } from './otherFiles';
import { NotReadYet, PrefixDecoders, type Prefix } from './prefixDecoder';
import { dropCircles, dropRepeats } from './repeats';
import { wholeWords } from './wholeWords';

/**
 * How much work an automatic and an asked-for completion may be. The times are for writing: until then at all, and until then other
 * lines are begun besides the first one.
 */
const efforts = {
  automatic: { readBlocks: 6, lineTokens: 32, blockTokens: 48, milliseconds: 250, lines: 3, considerFor: 80 },
  manual: { readBlocks: 40, lineTokens: 64, blockTokens: 96, milliseconds: 4000, lines: manyLines, considerFor: 400 },
} as const;

/** More characters behind the cursor than are ever shown. */
const SHOWN_CHARACTERS = 8000;

/** Bytes. */
const LONG_LINE = 1500;

/** Lines that are offered besides the first one are likely to be the right ones by this much at least, of those that were considered. */
const LEAST_SHARE = 0.05;

/** Offers to choose from. */
const MOST_OFFERS = 4;

/** How a request ended, for the log and the status. */
export type InlineOutcome =
  | { kind: 'offered'; items: InlineCompletionItem[]; confidence: number }
  | { kind: 'nothing'; why: 'unwanted' | 'unsure' | 'empty' | 'moved' | 'superseded' }
  | { kind: 'not-read'; missingTokens: number };

/** When writing ends, besides the text's own end. */
interface Limits {
  maxTokens: number;
  /** Confidence below which nothing good comes any more. */
  hopeless: number;
  /** As of `performance.now()`. */
  deadline: number;
  signal: AbortSignal;
}

/** What the model wrote. */
interface Written {
  text: string;
  /** Geometric mean of the tokens' probabilities; 1 when there are none. */
  confidence: number;
}

/**
 * Completes at a cursor from everything before it, from what stands right behind it if the model has learned that, and from what stands
 * in other files.
 */
export class InlineCompleter {
  private readonly decoders: PrefixDecoders;
  private readonly indexes: Indexes;
  private running: AbortController | undefined;

  constructor(
    private readonly engine: ReadingEngine,
    private readonly scheduler: Scheduler,
    log: Logger,
    private readonly recalls: Recalls,
    private readonly others?: Pick<OtherFiles, 'around'>,
  ) {
    this.decoders = new PrefixDecoders(engine, scheduler, log);
    this.indexes = new Indexes(engine);
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
    const isOff =
      !settings['completion.enabled'] || !isLanguageEnabled(settings['completion.languages'], document.languageId);
    if (isOff || file.state.kind === 'skipped') return true;
    const text = document.getText();
    const offset = document.offsetAt(position);
    const { prefix } = this.prefixOf(file, { before: text.slice(0, offset), after: text.slice(offset) });
    // Nobody waits yet, so there is as much time as for a completion that was asked for.
    return this.decoders.prepare(prefix, efforts.manual.readBlocks * this.engine.config.blockSize);
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
    const context = inlineContext(document, params.position, params.context, settings);
    if (context === undefined || file.state.kind === 'skipped') return { kind: 'nothing', why: 'unwanted' };
    const either = AbortSignal.any([signal, own.signal]);
    try {
      const options = { priority: () => Priority.completion, signal: either };
      const written = await this.scheduler.run(options, () => this.write(file, context, settings, either));
      if (document.version !== version) return { kind: 'nothing', why: 'moved' };
      return offer(context, written, settings);
    } catch (error) {
      if (error instanceof NotReadYet) return { kind: 'not-read', missingTokens: error.missingTokens };
      if (isAbort(error, own.signal) && !signal.aborted) return { kind: 'nothing', why: 'superseded' };
      throw error;
    } finally {
      if (this.running === own) this.running = undefined;
    }
  }

  /** The best first; more than one only for someone who asked. */
  private async write(
    file: LibraryFile,
    context: InlineContext,
    settings: Settings,
    signal: AbortSignal,
  ): Promise<Written[]> {
    const { tokenizer, config } = this.engine;
    const effort = context.isAutomatic ? efforts.automatic : efforts.manual;
    const { prefix, rest } = this.prefixOf(file, context);
    const behindLines = await this.decoders.at(prefix, effort.readBlocks * config.blockSize, signal);
    const { key, uri, name } = file;
    // Notes behind that place are of what was shown there, at positions that mean something else in the document.
    const seen = prefix.tokens.subarray(0, approach(this.engine, prefix).place);
    const decoder = this.recalls.watchCompletion({ key, uri, name, tokens: seen }, behindLines.fork());
    const { begin, appended } = await appendLine(decoder, tokenizer, rest);
    const index = this.indexes.of(prefix, /\n[^]*$/.exec(context.after)?.[0] ?? '');
    const lookup = this.engine.lookup(index, this.others?.around(file));
    lookup?.push(...appended);
    const isBlock = !context.isAutomatic || settings['completion.length'] === 'block';
    const now = performance.now();
    const limits: Limits = {
      maxTokens: isBlock ? effort.blockTokens : effort.lineTokens,
      // What nobody would be offered need not be written to its end.
      hopeless: context.isAutomatic ? settings['completion.minimumConfidence'] / 2 : 0,
      deadline: now + effort.milliseconds,
      signal,
    };
    const behind = Buffer.from(context.after.slice(0, SHOWN_CHARACTERS), 'utf8');
    const hasLines = isLineOpen(behind) && !(context.isAutomatic && isBlock);
    const consider = async (): Promise<Written[]> => {
      const { lines: count, considerFor } = effort;
      const options = { begin, lookup, count, latestStart: now + considerFor, ...limits };
      const lines = await considerLines(this.engine, decoder, behind, options);
      return lines.filter(({ share }) => share >= LEAST_SHARE).map(asWritten);
    };
    const lines = hasLines ? await consider() : [];
    if (hasLines && context.isAutomatic) return lines.slice(0, 1);
    // Who asks may choose.
    return [await this.generate(decoder, begin, lookup, isBlock ? 'block' : 'line', context.indent, limits), ...lines];
  }

  /** Cuts the text before a cursor at its line's beginning: what stays the same while the line is typed, and the rest. */
  private prefixOf(
    file: LibraryFile,
    { before: text, after }: Pick<InlineContext, 'before' | 'after'>,
  ): { prefix: Prefix; rest: Uint8Array } {
    const { tokenizer, infill } = this.engine;
    const header = [tokenizer.special('<|path|>'), ...tokenizer.encode(Buffer.from(`${file.name}\n`, 'utf8'))];
    const before = Buffer.from(text, 'utf8');
    let lineStart = Buffer.byteLength(text.slice(0, stableLineStart(text)), 'utf8');
    // A line of absurd length is not worth being kept apart; its last word is, since it is only held back.
    if (before.length - lineStart > LONG_LINE) lineStart = before.length - tokenizer.heal(before);
    const earlier = tokenizer.encode(before.subarray(0, lineStart));
    const tokens = new Uint32Array(header.length + earlier.length);
    tokens.set(header);
    tokens.set(earlier, header.length);
    const sources = { prefix: file.prefix, reading: file.reading?.result };
    const behind = shownBehind(tokenizer, Buffer.from(after.slice(0, SHOWN_CHARACTERS), 'utf8'), infill);
    const prefix: Prefix = { key: file.key, tokens, headerTokens: header.length, behind, sources };
    return { prefix, rest: before.subarray(lineStart) };
  }

  /** Lets the model write until it ends the middle, the stop rule, or the time is up: what is certain by then counts. */
  private async generate(
    decoder: Decoder,
    begin: Uint8Array,
    lookup: Lookup | undefined,
    stop: Stop,
    indent: number,
    { maxTokens, hopeless, deadline, signal }: Limits,
  ): Promise<Written> {
    const { tokenizer } = this.engine;
    const parts: Uint8Array[] = [];
    let logProb = 0;
    let isCut = false;
    for await (const token of generate(decoder, { tokenizer, begin, lookup, maxTokens, stop, indent, signal })) {
      parts.push(token.bytes);
      logProb += token.logProb;
      isCut = isHopeless({ tokens: parts.length, logProb }, hopeless) || performance.now() > deadline;
      if (isCut) break;
    }
    const text = withoutHalves(Buffer.concat(parts));
    const confidence = parts.length === 0 ? 1 : Math.exp(logProb / parts.length);
    return { text: isCut ? wholeWords(text) : text, confidence };
  }
}

/** Text, without a character at its end that was not written to its last byte. */
function withoutHalves(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}

function asWritten(line: WeighedLine): Written {
  const text = withoutHalves(line.bytes);
  return { text: line.isWhole ? text : wholeWords(text), confidence: Math.exp(meanLogProb(line)) };
}

/** Makes an offer of what was written, unless it is nothing, or the model was not sure and nobody asked. */
function offer(context: InlineContext, written: readonly Written[], settings: Settings): InlineOutcome {
  const { isAutomatic, range, before, after, selected } = context;
  const { confidence } = written[0]!;
  if (isAutomatic && confidence < settings['completion.minimumConfidence']) return { kind: 'nothing', why: 'unsure' };
  const eol = (after + before.slice(-2000)).includes('\r\n') ? '\r\n' : '\n';
  const texts: string[] = [];
  for (const { text } of written) {
    const own = dropRepeats(dropCircles(text), after);
    const balanced = balanceBrackets(own, before, after).replace(/\r?\n/g, eol);
    // A line that begins a longer offer can be taken from that.
    const isKnown = texts.some((known) => known === balanced || known.startsWith(`${balanced}${eol}`));
    if (balanced.trim() !== '' && !isKnown) texts.push(balanced);
  }
  if (texts.length === 0) return { kind: 'nothing', why: 'empty' };
  const items = texts.slice(0, MOST_OFFERS).map((text) => ({ insertText: selected + text, range }));
  return { kind: 'offered', items, confidence };
}
