import { isStatement, saysWhatItDoes } from './actions';
import { declaredName, isComment } from './declarations';
import { beginningsIn, givesValue, subjectOf, wantsValue } from './framing';
import { codeTerms, composed, firstOf, questionTerms, shareOfWord, termsOf } from './terms';

/** Words by which a question asks for uses of a thing, not for the thing itself. */
const asksForUses =
  /\b(who|what|which|where|find|list|show|all)\b.*\b(calls?|callers?|called|invokes?|invoked|uses?(?!\s+case)|usages?|used(?!\s+(?:for|to|as|by default|when|if))|references?|referenced|instantiates?|instantiated|constructed|imports?|imported)\b/i;

/**
 * Positions where a question names an identifier that looks like a word: `who calls splitpath?`, `what is minwidth set
 * to?`
 */
const namedInPassing: readonly RegExp[] = [
  /\b(?:calls?|invokes?|uses?|references?|implementation of|value of|definition of)\s+([\p{L}_$][\w$.]*)\s*\??$/iu,
  /\b(?:is|are)\s+([\p{L}_$][\w$.]*)\s+(?:called|used|invoked|referenced|defined|declared|implemented|set)\b/iu,
  /\b(?:function|method|class|constant|variable|type|struct|enum|interface|field)\s+([\p{L}_$][\w$.]*)\s*\??$/iu,
  /^([\p{L}_$][\w$.]*)\s+default(?:\s+value)?\s*\??$/iu,
];

/** Words in such a position in ordinary English. */
const noNames = new Set('the a an it this that these those them its their value default which what there'.split(' '));

function namesIn(text: string): string[] {
  return namedInPassing.flatMap((pattern) => {
    const name = pattern.exec(text.trim())?.[1];
    return name === undefined || noNames.has(name.toLowerCase()) ? [] : [name];
  });
}

/** The line of a span that matters most. */
export interface BestLine {
  line: number;
  /** Whether it declares what was asked for. */
  declares: boolean;
  /** Whether it gives the requested value. */
  isValue: boolean;
}

/** A question, prepared once for comparing it with many texts. */
export class Question {
  readonly text: string;
  /** Search terms, each once. */
  readonly terms: readonly string[];
  /** Weight of each term where shares of the question are summed. */
  readonly shares: readonly number[];
  /** Written like code, or named as such: it is searched for literally. */
  readonly code: readonly string[];
  /** Whether some of it can only be code, so that there is no answer where it does not occur. */
  readonly isStrict: boolean;
  /** Whether it asks for uses of what it names. */
  readonly wantsUses: boolean;
  /** Whether it describes what it is looking for, as documentation does, instead of naming it: usually a function. */
  readonly describes: boolean;
  /** Prefixes of names that were all asked for. */
  readonly beginnings: readonly string[];
  /** Whether it asks for the value of what it names. */
  readonly wantsValue: boolean;
  private readonly termSet: ReadonlySet<string>;
  /** Adjacent terms of the question. */
  private readonly pairs: ReadonlySet<string>;

  constructor(question: string) {
    const text = composed(question);
    this.text = text;
    const beginnings = beginningsIn(text);
    // A prefix occurs only through its parts.
    const whole = beginnings.flatMap((beginning) => termsOf(beginning).slice(0, 1));
    const terms = questionTerms(subjectOf(text));
    const parts = terms.filter((term) => !whole.includes(term));
    this.terms = parts.length > 0 ? parts : terms;
    this.shares = shareOfWord(this.terms, text);
    this.termSet = new Set(this.terms);
    const written = codeTerms(text);
    const code = terms.length > 1 ? written.filter((term) => !isAcronym(term)) : written;
    this.isStrict = code.length > 0;
    this.code = this.isStrict ? code : namesIn(text);
    this.beginnings = beginnings.filter((beginning) => code.includes(beginning));
    this.wantsValue = this.code.length > 0 && wantsValue(text);
    this.wantsUses = this.code.length > 0 && asksForUses.test(text) && !/\b(defined|declared|definition)\b/i.test(text);
    this.describes = !this.wantsUses && (saysWhatItDoes(text) || (this.code.length === 0 && isStatement(text)));
    this.pairs = new Set(this.terms.slice(1).map((term, i) => `${this.terms[i]!} ${term}`));
  }

  /** The share of the question's code that occurs in a text, from 0 to 1; 0 when the question has none. */
  codeIn(text: string): number {
    if (this.code.length === 0) return 0;
    const inForm = composed(text);
    const found = this.code.filter((term) => includesWord(inForm, term, this.beginnings.includes(term)));
    return found.length / this.code.length;
  }

  /** Whether a line gives the requested value. */
  isValue(line: string): boolean {
    return this.wantsValue && !isComment(line) && this.code.some((name) => givesValue(line, lastPart(name)));
  }

  /** The share of the question's adjacent terms that are adjacent in a text, too. */
  pairsIn(terms: readonly string[]): number {
    if (this.pairs.size === 0) return 0;
    const found = new Set<string>();
    for (let i = 1; i < terms.length; i++) {
      // One other term between them is allowed: a whole identifier precedes its parts.
      for (const before of [terms[i - 1]!, terms[i - 2]]) {
        if (before === undefined) continue;
        const pair = `${before} ${terms[i]!}`;
        if (this.pairs.has(pair)) found.add(pair);
      }
    }
    return found.size / this.pairs.size;
  }

  /** Number of the question's terms in a text. */
  shared(text: string): number {
    return new Set(termsOf(text).filter((term) => this.termSet.has(term))).size;
  }

  /** Where in a text the first word stands that the question has, too. */
  firstMatch(text: string): number {
    return firstOf(this.termSet, text);
  }

  /** Whether a name is asked for: literally, or composed of several words of the question (`maxSize` for "max size"). */
  isNamed(name: string | undefined): boolean {
    if (name === undefined) return false;
    const inForm = composed(name);
    if (this.code.some((term) => term === inForm || lastPart(term) === inForm)) return true;
    if (this.isStrict) return false;
    // One common word (`get`, `value`) is not a name that someone would ask for without writing it as code.
    const [, ...parts] = termsOf(name);
    return parts.length > 1 && parts.every((part) => this.termSet.has(part));
  }

  /** The most relevant of some lines: one that declares (or uses) what was asked for, or shares most words. */
  bestLine(text: (line: number) => string, from: number, to: number): BestLine {
    let best = { line: from, declares: false, value: -1 };
    for (let line = from; line < to; line++) {
      const content = text(line);
      const declares = this.isNamed(declaredName(content)) || this.isValue(content);
      // Of equal lines, code is better than the comment above it.
      let value = this.shared(content) + (isComment(content) ? 0 : 0.5) + 2 * this.codeIn(content);
      if (this.wantsUses) value += declares ? -3 : 0;
      else if (declares) value += this.isValue(content) ? 200 : 100;
      if (value > best.value) best = { line, declares, value };
    }
    return { line: best.line, declares: best.declares, isValue: best.declares && this.isValue(text(best.line)) };
  }
}

/** Ordinary English has acronyms, too: next to other words they need not occur literally. */
function isAcronym(term: string): boolean {
  return /^\p{Lu}{2,5}\d?$/u.test(term);
}

function lastPart(term: string): string {
  return term.slice(Math.max(term.lastIndexOf('.'), term.lastIndexOf(':')) + 1).replace(/\(\)$/, '');
}

/** Whether a text contains a term as a whole word, or at the start of one. */
function includesWord(text: string, term: string, beginsWord = false): boolean {
  const wordLike = /[\p{L}\p{N}_$]/u;
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const before = text[at - 1];
    const after = text[at + term.length];
    const startsWord = before === undefined || !wordLike.test(before) || !wordLike.test(term[0]!);
    if (startsWord && (beginsWord || after === undefined || !wordLike.test(after) || !wordLike.test(term.at(-1)!)))
      return true;
  }
  return false;
}
