/** Words of a question that say nothing about what is looked for. Only for questions: in code, `in` or `where` may matter. */
const questionWords = new Set(
  (
    'a an and any are as at be by can come comes did do does exactly find for from get given gives has have how i if in into is it its ' +
    'located many me much of on or please show tell that the their there this to us use used value was we what when where which who ' +
    'why will with you your defined definition declared code file line'
  ).split(' '),
);

const identifier = /[\p{L}\p{N}_$]+/gu;
const part = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|\p{Lo}+/gu;

/**
 * The terms of a text: every identifier whole, and the words that camelCase and snake_case join, all in lower case.
 * `maxPoolSize` gives `maxpoolsize`, `max`, `pool`, `size`. Endings are taken off.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const [word] of text.matchAll(identifier)) {
    terms.push(stem(word.toLowerCase()));
    const parts = word.match(part) ?? [];
    if (parts.length > 1) for (const piece of parts) if (piece.length > 1) terms.push(stem(piece.toLowerCase()));
  }
  return terms;
}

/**
 * Takes the commonest English endings off, so that "connects" finds `connected`. Code is named in few grammatical forms: more would
 * join words that differ.
 */
function stem(word: string): string {
  if (word.length < 5) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  const short = word.replace(/(?:ing|ed|(?<=[sxz]|[cs]h)es|(?<!s)s)$/, '');
  return short.length >= 3 ? short : word;
}

/** The terms of a question that can be looked for, each once. All terms if it has only words without content. */
export function questionTerms(question: string): string[] {
  const words = [...question.matchAll(identifier)].map(([word]) => word);
  const telling = words.filter((word) => !questionWords.has(word.toLowerCase()));
  return [...new Set(termsOf((telling.length > 0 ? telling : words).join(' ')))];
}

/** What of a question is written like code (`pool_size`, `maxRetries`, `HTTP2`, anything in quotes): it must occur as it stands. */
export function codeTerms(question: string): string[] {
  const quoted = [...question.matchAll(/[`'"]([^`'"]+)[`'"]/g)].map(([, inner]) => inner!);
  const words = [...question.matchAll(identifier)].map(([word]) => word);
  const codelike = words.filter((word) => /[_$]|\p{Ll}\p{Lu}|\p{L}\p{N}|^\p{Lu}{2,}$/u.test(word));
  return [...new Set([...quoted, ...codelike])];
}
