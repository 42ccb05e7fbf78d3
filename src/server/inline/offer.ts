import type { InlineCompletionItem } from 'vscode-languageserver-protocol';
import { balanceBrackets } from './brackets';
import type { Candidate } from './candidates';
import { dropLoops, dropRepeats } from './repeats';
import type { InlineRequest } from './request';
import { wholeWords } from './wholeWords';

/** Outcome of the candidates: items to choose from, or why there are none. */
export type Offer =
  { kind: 'offered'; items: InlineCompletionItem[]; confidence: number } | { kind: 'nothing'; why: 'unsure' | 'empty' };

/** Maximum number of items. */
const MOST_ITEMS = 4;

/** Decides which candidates are offered, and makes each fit the text around the cursor. @param candidates best first, at least one */
export function offerOf(request: InlineRequest, candidates: readonly Candidate[]): Offer {
  const { range, before, after, selected, leastConfidence } = request;
  const { confidence } = candidates[0]!;
  if (confidence < leastConfidence) return { kind: 'nothing', why: 'unsure' };
  const eol = (after + before.slice(-2000)).includes('\r\n') ? '\r\n' : '\n';
  const texts: string[] = [];
  for (const candidate of candidates) {
    const text = fitted(candidate, request).replace(/\r?\n/g, eol);
    // A line that starts a longer offer can be accepted from that.
    const isKnown = texts.some((known) => known === text || known.startsWith(`${text}${eol}`));
    if (text.trim() !== '' && !isKnown) texts.push(text);
  }
  if (texts.length === 0) return { kind: 'nothing', why: 'empty' };
  const items = texts.slice(0, MOST_ITEMS).map((text) => ({ insertText: selected + text, range }));
  return { kind: 'offered', items, confidence };
}

/** A candidate without the parts that would break or repeat the text around the cursor. */
function fitted({ text, isWhole }: Candidate, { before, after }: InlineRequest): string {
  const words = isWhole ? text : wholeWords(text);
  return balanceBrackets(dropRepeats(dropLoops(words), after), before, after);
}
