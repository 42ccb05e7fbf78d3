/** Words of a question that carry no content. Only for questions: in code, `in` or `where` may matter. */
const questionWords = new Set(
  (
    'a about an and any are as at be by can come comes could did do does each exactly find for from function get given gives has have how i ' +
    'if in into is it its located many me method much my of on or please show so some tell than that the their them then there these this ' +
    'those to us use used uses using usage calls called callers value was we what when where whether which while who why will with would ' +
    'you your defined definition declared code file line ' +
    '如何 怎么 怎样 什么 哪里 哪个 哪些 为什么 是 的 在 了 吗 呢 请 有 个 ' +
    'どう どこ どの なに 何 なぜ です ます する している して され ください この その ' +
    '어떻게 무엇 어디 어디에 어디서 왜 어떤 하는 합니다 되는 있는 ' +
    'อย่างไร อะไร ที่ไหน ทำไม คือ'
  ).split(' '),
);

const identifier = /[\p{L}\p{N}\p{M}_$]+/gu;

/** Scripts in which no space parts the words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Particles and endings that Korean writes together with the word before them. */
const koreanEnding =
  /(?<=^\p{Script=Hangul}{2,})(?:을|를|은|는|이|가|의|에|에서|에게|으로|로|와|과|도|만|까지|부터|(?:하|되|했|됐|합|됩|한|된|할|될|해|돼)\p{Script=Hangul}{0,3})$/u;
const part = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|\p{Lo}+/gu;

/** A longer run of letters and digits is data (a hash, an encoded image), not a word. */
const MAX_TERM_LENGTH = 64;

const parts = new Map<string, readonly string[]>();

/** Maximum number of cached words: all code uses the same few. When full, the cache is cleared, which is cheaper than tracking use. */
const REMEMBERED = 50_000;

/**
 * The terms of a text in order: every identifier as a whole, and the words joined in camelCase and snake_case, all in lower case
 * and stemmed. `maxPoolSize` gives `maxpoolsize`, `max`, `pool`, `size`.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const [word] of composed(text).matchAll(identifier)) {
    if (isAscii(word)) {
      if (word.length <= MAX_TERM_LENGTH) for (const term of termsOfWord(word)) terms.push(term);
    } else {
      for (const term of termsOfForeignWord(word)) terms.push(term);
    }
  }
  return terms;
}

/** A word with letters beyond ASCII, which may be several where no space parts them. */
function termsOfForeignWord(word: string): string[] {
  const terms: string[] = [];
  const others = word.replace(unspaced, (run) => {
    for (const { segment } of segmenter.segment(run)) {
      // A single syllable of Hiragana is a particle or an ending.
      if (!/^\p{Script=Hiragana}$/u.test(segment)) terms.push(fold(segment));
    }
    return ' ';
  });
  for (const other of others.split(' ')) {
    if (other === '' || other.length > MAX_TERM_LENGTH) continue;
    terms.push(...termsOfWord(other.replace(koreanEnding, '')));
  }
  return terms;
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** The same text, however its accents are stored. */
export function composed(text: string): string {
  return isAscii(text) ? text : text.normalize('NFC');
}

/** The form in which words are compared: no upper case, and Latin letters without their accents. */
function fold(word: string): string {
  if (isAscii(word)) return word.toLowerCase();
  return word
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})\p{Mn}+/gu, '$1')
    .toUpperCase()
    .toLowerCase()
    .replace(/ς/g, 'σ')
    .normalize('NFC');
}

function termsOfWord(word: string): readonly string[] {
  const known = parts.get(word);
  if (known !== undefined) return known;
  const terms = [stem(fold(word))];
  const pieces = word.match(part) ?? [];
  if (pieces.length > 1) for (const piece of pieces) if (piece.length > 1) terms.push(stem(fold(piece)));
  if (parts.size >= REMEMBERED) parts.clear();
  parts.set(word, terms);
  return terms;
}

/**
 * Removes the most common English endings, so that "connects" finds `connected`. Code uses few grammatical forms: removing more
 * would merge different words.
 */
export function stem(word: string): string {
  const short = shortForms.get(word);
  if (short !== undefined) return short;
  if (word.length < 5) return word;
  if (/ie[sd]$/.test(word)) return `${word.slice(0, -3)}y`;
  const bare = word.replace(/(?:ing|ed|(?<=[sxz]|[cs]h)es|(?<!s)s)$/, '');
  if (bare.length < 3) return word;
  // "stopped", "running": the doubled letter belongs to the ending.
  const stemmed = bare === word ? word : bare.replace(/([bdgmnprt])\1$/, '$1');
  return shortForms.get(stemmed) ?? dropE(stemmed);
}

/** Words that people write out and code abbreviates, as pairs. */
const shortForms = new Map(
  (
    'maximum max maximal max minimum min minimal min configuration config directory dir directories dir parameter param parameters param ' +
    'argument arg arguments arg environment env initialize init initialise init initialization init message msg temporary tmp length len ' +
    'index idx number num application app previous prev current cur source src destination dest string str attribute attr attributes attr ' +
    'document doc information info original orig specification spec address addr buffer buf error err column col'
  )
    .split(' ')
    .reduce<[string, string][]>((pairs, word, i, all) => (i % 2 === 0 ? [...pairs, [word, all[i + 1]!]] : pairs), []),
);

/** "cache", "caches" and "caching" are one word. */
function dropE(word: string): string {
  return word.length > 4 && word.endsWith('e') ? word.slice(0, -1) : word;
}

/**
 * Words of a question that code may or may not contain: they count less, so that a place without them can still be the answer.
 */
const weakTerms = new Set(
  'default time large big long high low small many number count set implement happen return check take mak need allow keep hold sort kind'
    .split(' ')
    .map((word) => stem(word)),
);

/** How much a term of a question counts, 0 to 1. */
export function termWeight(term: string): number {
  return weakTerms.has(term) ? 0.35 : 1;
}

/** The search terms of a question, each once. All terms if none carries content. */
export function questionTerms(question: string): string[] {
  const words = [...composed(question).matchAll(identifier)].map(([word]) => word);
  const telling = words.filter((word) => !questionWords.has(word.toLowerCase()));
  const terms = [...new Set(termsOf((telling.length > 0 ? telling : words).join(' ')))];
  const rest = terms.filter((term) => isAscii(term) || !questionWords.has(term));
  return rest.length > 0 ? rest : terms;
}

/** Where the first word stands in a text that one of the terms is of; 0 when there is none. */
export function firstOf(terms: ReadonlySet<string>, text: string): number {
  for (const { 0: word, index } of text.matchAll(identifier)) {
    if (termsOf(word).some((term) => terms.has(term))) return index;
  }
  return 0;
}

/**
 * Weight of each term where shares of a question are summed: an identifier counts as one word, half of it as a whole and half by its
 * parts.
 */
export function shareOfWord(terms: readonly string[], question: string): number[] {
  const shares = new Map<string, number>();
  for (const [word] of question.matchAll(identifier)) {
    const [whole, ...pieces] = termsOfWord(word);
    shares.set(whole!, pieces.length === 0 ? 1 : 0.5);
    for (const piece of pieces) if (!shares.has(piece)) shares.set(piece, 0.5 / pieces.length);
  }
  return terms.map((term) => shares.get(term) ?? 1);
}

/** Parts of a question written like code (`pool_size`, `maxRetries`, `HTTP2`, anything in quotes): they must occur literally. */
export function codeTerms(question: string): string[] {
  const quoted = [...question.matchAll(/(?<![\p{L}\p{N}])[`'"]([^`'"]+)[`'"](?![\p{L}\p{N}])/gu)].map(
    ([, inner]) => inner!,
  );
  const words = [...question.matchAll(identifier)].map(([word]) => word);
  const codelike = words.filter((word) => /[_$]|\p{Ll}\p{Lu}|\p{L}\p{N}|^\p{Lu}{2,}$/u.test(word));
  return [...new Set([...quoted, ...codelike])];
}
