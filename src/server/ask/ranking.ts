import type { LineIndex } from '../../common';
import { isComment } from './declarations';
import type { Span } from './spans';
import { spanText, type Place } from './textIndex';
import type { Wanted } from './wanted';

/** A place that answers a question, or is the best there is. */
export interface Citation {
  /** The document's label. */
  label: string;
  /** 1-based line that matters most. */
  line: number;
  /** 1-based first and last line of the cited text. */
  startLine: number;
  endLine: number;
  text: string;
  /** Which ways led here: the words of the question, the model's notes, or both. */
  foundBy: ('words' | 'notes')[];
  /** Fused rank score; comparable within one answer only. */
  score: number;
}

/** The constant of reciprocal rank fusion (Cormack et al. 2009): lower ranks still count a little. */
const RANK_CONSTANT = 60;

/** The question's words, weighted by rarity, of which a span must hold this share to count as an answer. */
const MIN_COVERAGE = 0.4;

interface Candidate extends Place {
  score: number;
  coverage: number;
  foundBy: Set<Citation['foundBy'][number]>;
}

/** Joins the proposals of several ways by reciprocal rank fusion. */
export class Ranking {
  private readonly candidates = new Map<Span, Candidate>();

  constructor(
    private readonly labels: readonly string[],
    private readonly texts: readonly LineIndex[],
    private readonly wanted: Wanted,
    private readonly maxCitations: number,
  ) {}

  /**
   * @param rank place in the way's own order, from 0
   * @param coverage share of the question's words that the span has, 0 to 1
   */
  propose(place: Place, way: Citation['foundBy'][number], rank: number, coverage: number): void {
    const candidate = this.candidates.get(place.span) ?? { ...place, score: 0, coverage: 0, foundBy: new Set() };
    candidate.score += 1 / (RANK_CONSTANT + rank);
    candidate.coverage = Math.max(candidate.coverage, coverage);
    candidate.foundBy.add(way);
    this.candidates.set(place.span, candidate);
  }

  /**
   * The best places so far. One counts only if it shares enough words with the question or, where the model is sure of its own
   * answer, holds that answer.
   */
  citations(ownAnswer?: string): Citation[] {
    return (
      [...this.candidates.values()]
        .map((candidate) => {
          const text = this.texts[candidate.document]!;
          const content = spanText(text, candidate.span);
          const holdsAnswer = ownAnswer !== undefined && candidate.foundBy.has('notes') && content.includes(ownAnswer);
          const best = bestLine(text, candidate.span, this.wanted);
          return { ...candidate, exact: this.wanted.isIn(content), holdsAnswer, best };
        })
        .filter(({ coverage, exact, holdsAnswer }) => coverage >= MIN_COVERAGE || exact || holdsAnswer)
        // What is written like code in the question was copied from the code; and where a thing is declared tells more than where it is
        // used. Only then the fused ranks count.
        .sort(
          (a, b) =>
            Number(b.exact) - Number(a.exact) || Number(b.best.declares) - Number(a.best.declares) || b.score - a.score,
        )
        .slice(0, this.maxCitations)
        .map(({ document, span, foundBy, score, best }) =>
          cite(this.labels[document]!, this.texts[document]!, span, best.line, { foundBy: [...foundBy], score }),
        )
    );
  }
}

/** The line of a span that matters most: that declares what is asked for, or else shares most words with the question. */
function bestLine(lines: LineIndex, span: Span, wanted: Wanted): { line: number; declares: boolean } {
  let best = { line: span.start, declares: false, shared: -1 };
  for (let line = span.start; line < span.end; line++) {
    const text = lines.lineText(line);
    const declares = wanted.isDeclaredBy(text);
    // Of equal lines, code is better than the comment above it.
    const shared = wanted.shared(text) + (isComment(text) ? 0 : 0.5);
    if (declares === best.declares ? shared > best.shared : declares) best = { line, declares, shared };
  }
  return best;
}

/** A span as a citation, without blank lines at its ends. */
function cite(
  label: string,
  lines: LineIndex,
  span: Span,
  line: number,
  rest: Pick<Citation, 'foundBy' | 'score'>,
): Citation {
  let { start, end } = span;
  while (start < line && lines.lineText(start).trim() === '') start++;
  while (end > line + 1 && lines.lineText(end - 1).trim() === '') end--;
  return { label, line: line + 1, startLine: start + 1, endLine: end, text: spanText(lines, { start, end }), ...rest };
}
