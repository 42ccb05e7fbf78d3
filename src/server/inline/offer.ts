import type { InlineCompletionItem } from 'vscode-languageserver-protocol';
import type { Candidate } from './candidates';
import { fit } from './fit';
import type { Insertion } from './insertion';
import { dropLoops } from './overlap';
import type { InlineRequest } from './request';

/** Outcome of the candidates: items to choose from, or why there are none. */
export type Offer =
  { kind: 'offered'; items: InlineCompletionItem[]; confidence: number } | { kind: 'nothing'; why: 'unsure' | 'empty' };

/** Items to choose from, where somebody asked: typing shows one. */
const MOST_ITEMS = 4;

/**
 * Decides what is offered of the candidates, and makes each fit the text around the cursor.
 *
 * @param candidates best first, at least one
 * @param insertion at the cursor
 */
export function offerOf(request: InlineRequest, candidates: readonly Candidate[], insertion: Insertion): Offer {
  const { range, before, after, selected, leastConfidence, trigger } = request;
  const sure = candidates.filter(({ confidence }) => confidence >= leastConfidence);
  if (candidates[0] !== sure[0]) return { kind: 'nothing', why: 'unsure' };
  const eol = (after + before.slice(-2000)).includes('\r\n') ? '\r\n' : '\n';
  const texts: string[] = [];
  let first: Candidate | undefined;
  for (const candidate of sure) {
    const lines = wholeLines(candidate);
    const text = lines === undefined ? undefined : fit(lines, before, after, insertion)?.replace(/\n/g, eol);
    // A line that begins a longer offer can be taken from that.
    if (text === undefined || texts.some((known) => known === text || known.startsWith(`${text}${eol}`))) continue;
    first ??= candidate;
    texts.push(text);
    if (texts.length === (trigger === 'automatic' ? 1 : MOST_ITEMS)) break;
  }
  if (first === undefined) return { kind: 'nothing', why: 'empty' };
  const items = texts.map((text) => ({ insertText: selected + text, range }));
  return { kind: 'offered', items, confidence: first.confidence };
}

/** A candidate without the line in which writing was broken off; undefined when nothing else is left. */
function wholeLines({ text, isWhole }: Candidate): string | undefined {
  const lines = text.split(/\r?\n/);
  if (!isWhole) lines.pop();
  const whole = dropLoops(lines.join('\n'));
  return whole.trim() === '' ? undefined : whole;
}
