import { declaredName } from './declarations';
import { codeTerms, questionTerms, termsOf } from './terms';

/** What a question asks for, to be compared with text. */
export class Wanted {
  private readonly terms: ReadonlySet<string>;
  private readonly code: readonly string[];

  constructor(question: string) {
    this.terms = new Set(questionTerms(question));
    this.code = codeTerms(question);
  }

  /** Whether a text holds something that the question writes like code. */
  isIn(text: string): boolean {
    return this.code.some((term) => text.includes(term));
  }

  /** How many of the question's terms a text has. */
  shared(text: string): number {
    return new Set(termsOf(text).filter((term) => this.terms.has(term))).size;
  }

  /** Whether a line declares what is asked for: the name itself, or one made of words of the question (`maxSize` for "max size"). */
  isDeclaredBy(line: string): boolean {
    const name = declaredName(line);
    if (name === undefined) return false;
    if (this.code.length > 0) return this.code.includes(name);
    const [whole, ...parts] = termsOf(name);
    return this.terms.has(whole!) || (parts.length > 1 && parts.every((part) => this.terms.has(part)));
  }
}
