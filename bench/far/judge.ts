import { RecencyCache } from '../../src/common';
import type { FarCase } from './cases';

/** Outcome of one request. */
export type Verdict = 'right' | 'wrong' | 'invented' | 'nothing';

/** Kinds in which the word at the cursor is an item listed in the definition. */
const listed: ReadonlySet<FarCase['kind']> = new Set(['fields', 'enum', 'members', 'keys']);

/** Members of every object, class or struct. */
const everywhere = new Set(
  (
    'toString hashCode equals getClass valueOf values ordinal name length constructor prototype hasOwnProperty __init__ __class__ __dict__ ' +
    'value clone into to_string to_owned as_str as_ref iter unwrap fmt default Error String get is_some is_none await then'
  ).split(' '),
);

/** Words of the languages and their standard libraries, which a file need not define. */
const known = new Set(
  (
    'true false null undefined nil None True False self this super new await return if else for in of is not and or as let const var mut fn ' +
    'def func function class struct enum case switch match default break continue throw throws raise try catch except finally yield async ' +
    'int float double boolean bool string String str len range list dict set tuple print min max sum any all map filter Some Ok Err Vec ' +
    'Option Result Box number void unknown never Promise Map Set Array Object Math Number Date Error List Optional Integer Long Double ' +
    'Boolean error make append panic fmt errors time context i j k n x y _ e err ok lambda pass assert usize u8 u16 u32 u64 i32 i64 f32 f64'
  ).split(' '),
);

/** Judges the text that is inserted at the cursor. */
export function judge(one: FarCase, offer: string | undefined, siblings: readonly string[]): Verdict {
  if (offer === undefined || offer.trim() === '') return 'nothing';
  if (one.expected.some((expected) => begins(offer, expected))) return 'right';
  return invents(one, offer, siblings) ? 'invented' : 'wrong';
}

/** Whether an offer starts with the expected tokens, ignoring blanks and digit separators. */
function begins(offer: string, expected: string): boolean {
  const plain = (text: string): string => text.replace(/\s+/g, '').replace(/(?<=\d)_(?=\d)/g, '');
  const [written, wanted] = [plain(offer), plain(expected)];
  if (!written.startsWith(wanted)) return false;
  const rest = written.slice(wanted.length);
  // `417L` and `36u32` are the number; `4170`, `417.5` and `kilnDrifts` are something else.
  if (/\d$/.test(wanted)) return !/^(?:\.?\d|[A-KM-Zabceghj-tv-z_])/.test(rest);
  return !/\w$/.test(wanted) || !/^\w/.test(rest);
}

/** Whether the first line of an offer names something that does not exist. */
function invents(one: FarCase, offer: string, siblings: readonly string[]): boolean {
  const line = offer.trimStart().split('\n')[0]!;
  if (listed.has(one.kind) && namesMember(one)) {
    const first = one.kind === 'keys' ? /^[^"'`)\]]*/.exec(line)![0] : (/^\w+/.exec(line)?.[0] ?? '');
    return (
      first !== '' && !wordsOf(one.definition).has(first) && !one.definition.includes(first) && !everywhere.has(first)
    );
  }
  const code = line.replace(/(["'`])(?:\\.|(?!\1).)*\1?/g, '""').replace(/(?:\/\/|#).*/, '');
  const there = [one.prefix, one.suffix, ...siblings];
  return [...code.matchAll(/[A-Za-z_$][\w$]*/g)].some(
    ({ 0: word, index }) =>
      !known.has(word) &&
      !everywhere.has(word) &&
      !declares(code, word, index) &&
      !there.some((text) => wordsOf(text).has(word)),
  );
}

/** Whether the text before the cursor requires a member, a key or a field. */
function namesMember({ kind, prefix }: FarCase): boolean {
  return kind === 'fields' || /(?:\.|::|["'`])$/.test(prefix);
}

/** Whether a word is a new name in its position. */
function declares(code: string, word: string, index: number): boolean {
  return (
    /\b(?:let|const|var|val|mut|def|func|fn|function|for|as|type)\s+$/.test(code.slice(0, index)) ||
    /^\s*(?::=|=>|=[^=])/.test(code.slice(index + word.length))
  );
}

const kept = new RecencyCache<string, Set<string>>(8);

/** The words of a text. Several offers are judged in the same text. */
function wordsOf(text: string): Set<string> {
  let words = kept.get(text);
  if (!words) kept.set(text, (words = new Set(text.match(/[A-Za-z_$][\w$]*/g) ?? [])));
  return words;
}
