/**
 * Patterns of ignore files, matched as in git: byte by byte, with all corner cases (`git help gitignore`; the property test
 * compares with git itself). Texts and patterns are strings with one character per byte, as from {@link bytesOf}.
 */

/** Any run of bytes in a name: `*`. */
const STAR = -1;
/** Any run of bytes, slashes included: `**` as the last part. */
const ANYTHING = -2;
/** Any number of whole folders: `**` before a slash, which is included. */
const FOLDERS = -3;

/** A byte, a wildcard, or a set of bytes (`?`, `[a-z]`). */
type Element = number | Uint8Array;

const SLASH = 0x2f;

/** A text as one character per byte of its UTF-8 form. */
export function bytesOf(text: string): string {
  // eslint-disable-next-line no-control-regex -- the bytes of ASCII stand for themselves
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** ASCII letters in lower case; git folds no others. */
export function foldBytes(bytes: string): string {
  return bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Index of the first special character. */
export function literalLength(pattern: string): number {
  const at = pattern.search(/[*?[\\]/);
  return at < 0 ? pattern.length : at;
}

/**
 * The elements of a pattern, or undefined for one that matches nothing, such as one with an unclosed bracket.
 *
 * @param folds ASCII upper case counts as lower case; texts must be given in lower case then
 */
export function parsePattern(pattern: string, folds: boolean): readonly Element[] | undefined {
  const elements: Element[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '\\') {
      if (++i === pattern.length) return undefined;
      elements.push(pattern.charCodeAt(i));
    } else if (c === '?') {
      elements.push(anyInName);
    } else if (c === '[') {
      const parsed = parseSet(pattern, i + 1, folds);
      if (parsed === undefined) return undefined;
      elements.push(parsed.set);
      i = parsed.end;
    } else if (c === '*') {
      const start = i;
      while (pattern[i + 1] === '*') i++;
      const rest = pattern.slice(i + 1);
      const isAlone = (start === 0 || pattern[start - 1] === '/') && /^(\/|\\\/|$)/.test(rest);
      if (i === start || !isAlone) elements.push(STAR);
      else if (rest.startsWith('/')) {
        elements.push(FOLDERS);
        i++;
      } else elements.push(ANYTHING);
    } else {
      elements.push((folds ? foldBytes(c) : c).charCodeAt(0));
    }
  }
  return elements;
}

/** Whether the whole text matches. No pattern takes exponential time. */
export function matchesPattern(elements: readonly Element[], text: string): boolean {
  let e = 0;
  let t = 0;
  // Where to continue when the rest does not match: the last wildcard takes more. Nothing before it needs to be tried again.
  let star = -1;
  let starFrom = 0;
  let wide = -1;
  let wideFrom = 0;
  for (;;) {
    const element = elements[e];
    if (element === STAR) {
      star = e++;
      starFrom = t;
    } else if (element === ANYTHING || element === FOLDERS) {
      wide = e++;
      wideFrom = t;
      star = -1;
    } else if (element !== undefined && t < text.length && isOf(element, text.charCodeAt(t))) {
      e++;
      t++;
    } else if (element === undefined && t === text.length) {
      return true;
    } else if (star >= 0 && starFrom < text.length && text.charCodeAt(starFrom) !== SLASH) {
      t = ++starFrom;
      e = star + 1;
    } else if (wide >= 0) {
      const next = elements[wide] === ANYTHING ? wideFrom : text.indexOf('/', wideFrom);
      if (next < 0 || next >= text.length) return false;
      t = wideFrom = next + 1;
      e = wide + 1;
      star = -1;
    } else {
      return false;
    }
  }
}

function isOf(element: Element, byte: number): boolean {
  return typeof element === 'number' ? element === byte : element[byte] === 1;
}

const anyInName = new Uint8Array(256).fill(1);
anyInName[SLASH] = 0;

const classes = new Map<string, RegExp>(
  Object.entries({
    alnum: /[A-Za-z0-9]/,
    alpha: /[A-Za-z]/,
    blank: /[ \t]/,
    // eslint-disable-next-line no-control-regex -- that is what the class means
    cntrl: /[\x00-\x1f\x7f]/,
    digit: /[0-9]/,
    graph: /[!-~]/,
    lower: /[a-z]/,
    print: /[ -~]/,
    punct: /[!-/:-@[-`{-~]/,
    space: /[ \t\n\v\f\r]/,
    upper: /[A-Z]/,
    xdigit: /[0-9A-Fa-f]/,
  }),
);

/**
 * The bytes of a set, whose first character is at `i`.
 *
 * @returns the set, and the index of its closing bracket; undefined when the set is invalid
 */
function parseSet(pattern: string, i: number, folds: boolean): { set: Uint8Array; end: number } | undefined {
  const set = new Uint8Array(256);
  const addRange = (from: number, to: number): void => {
    for (let byte = from; byte <= to; byte++) {
      set[byte] = 1;
      // Git does not fold single letters of a set, but it folds ranges.
      if (folds && byte >= 0x41 && byte <= 0x5a) set[byte + 0x20] = 1;
    }
  };
  const isNegated = pattern[i] === '!' || pattern[i] === '^';
  if (isNegated) i++;
  let previous = 0;
  for (let isFirst = true; isFirst || pattern[i] !== ']'; isFirst = false, i++) {
    let c = pattern[i];
    if (c === undefined) return undefined;
    const next = pattern[i + 1];
    if (c === '\\') {
      c = pattern[++i];
      if (c === undefined) return undefined;
      set[(previous = c.charCodeAt(0))] = 1;
    } else if (c === '-' && previous !== 0 && next !== undefined && next !== ']') {
      if (next === '\\') i++;
      c = pattern[++i];
      if (c === undefined) return undefined;
      addRange(previous, c.charCodeAt(0));
      previous = 0;
    } else if (c === '[' && next === ':') {
      const close = pattern.indexOf(']', i + 2);
      if (close < 0) return undefined;
      if (close > i + 2 && pattern[close - 1] === ':') {
        const name = pattern.slice(i + 2, close - 1);
        const members = classes.get(name);
        if (members === undefined) return undefined;
        for (let byte = 0; byte < 256; byte++) if (members.test(String.fromCharCode(byte))) set[byte] = 1;
        if (folds && name === 'upper') addRange(0x41, 0x5a);
        previous = 0;
        i = close;
      } else {
        set[(previous = 0x5b)] = 1;
      }
    } else {
      set[(previous = c.charCodeAt(0))] = 1;
    }
  }
  if (isNegated) for (let byte = 0; byte < 256; byte++) set[byte] = 1 - set[byte]!;
  set[SLASH] = 0;
  return { set, end: i };
}
