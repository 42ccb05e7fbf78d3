import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemCode } from '../../common';
import { bytesOf, foldBytes, literalLength, matchesPattern, parsePattern } from './wildcards';

/** Larger ignore files are not applied; a walk says so. Bytes. */
export const MAX_RULES_BYTES = 4_000_000;

/** One line of an ignore file. */
interface Rule {
  /** As written. */
  text: string;
  reincludes: boolean;
  foldersOnly: boolean;
  /** Matched against the name alone instead of the path relative to the folder. */
  byName: boolean;
  /** Literal prefix of the pattern. */
  prefix: string;
  /** Matches the rest after the prefix; undefined if nothing may follow. */
  matches: (rest: string) => boolean;
}

/** What an ignore file says about a path. */
export interface Verdict {
  ignored: boolean;
  /** The rule as written. */
  rule: string;
  /** Name of the file that contains it. */
  file: string;
}

/** The rules of one ignore file. */
export class IgnoreFile {
  private constructor(
    /** The rules apply to paths in this folder. */
    private readonly folder: string,
    private readonly name: string,
    private readonly rules: readonly Rule[],
    private readonly folds: boolean,
  ) {}

  /** @param lines with one character per byte @param folds as git's `core.ignorecase` */
  static parse(folder: string, name: string, lines: string, folds: boolean): IgnoreFile {
    const rules = lines
      .replace(/^\xef\xbb\xbf/, '')
      .split('\n')
      .flatMap((line) => parseRule(line.replace(/\r$/, ''), folds) ?? []);
    return new IgnoreFile(folder, name, rules, folds);
  }

  /**
   * Reads the rules of a file, if it exists and is readable.
   *
   * @param path its location, if not `folder/name`
   * @param follows whether it may be a link
   */
  static async read(
    folder: string,
    name: string,
    folds: boolean,
    path = join(folder, name),
    follows = false,
  ): Promise<IgnoreFile | undefined> {
    const lines = await readSmallFile(path, follows);
    return lines === undefined ? undefined : IgnoreFile.parse(folder, name, lines, folds);
  }

  /** The last rule that matches a path relative to the folder; undefined when none does. */
  verdict(path: string, isFolder: boolean): Verdict | undefined {
    let inside = bytesOf(path.slice(this.folder.endsWith(sep) ? this.folder.length : this.folder.length + 1));
    if (sep !== '/') inside = inside.replaceAll(sep, '/');
    if (this.folds) inside = foldBytes(inside);
    const name = inside.slice(inside.lastIndexOf('/') + 1);
    for (let i = this.rules.length - 1; i >= 0; i--) {
      const { text, reincludes, foldersOnly, byName, prefix, matches } = this.rules[i]!;
      if (foldersOnly && !isFolder) continue;
      const tested = byName ? name : inside;
      if (!tested.startsWith(prefix) || !matches(tested.slice(prefix.length))) continue;
      return { ignored: !reincludes, rule: text, file: this.name };
    }
    return undefined;
  }
}

/**
 * The bytes of a file as characters; undefined when it is not a file, too large, or unreadable. As in git, that is not an error.
 */
export async function readSmallFile(path: string, follows: boolean): Promise<string | undefined> {
  try {
    // A pipe would wait for a writer; a link may lead out of the folder.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | (follows ? 0 : constants.O_NOFOLLOW));
    try {
      const info = await handle.stat();
      if (!info.isFile() || info.size > MAX_RULES_BYTES) return undefined;
      return await handle.readFile('latin1');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) !== undefined) return undefined;
    throw error;
  }
}

function parseRule(line: string, folds: boolean): Rule | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const text = withoutTrailingSpaces(line.replace(/\0.*/s, ''));
  let pattern = text;
  const reincludes = pattern.startsWith('!');
  if (reincludes) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith('/');
  if (foldersOnly) pattern = pattern.slice(0, -1);
  const byName = !pattern.includes('/');
  if (pattern.startsWith('/')) pattern = pattern.slice(1);
  if (pattern === '') return undefined;
  const length = literalLength(pattern);
  const elements = parsePattern(pattern.slice(length), folds);
  if (elements === undefined) return undefined;
  const prefix = folds ? foldBytes(pattern.slice(0, length)) : pattern.slice(0, length);
  const matches = matcher(pattern.slice(length), elements, byName, folds);
  return { text: Buffer.from(text, 'latin1').toString('utf8'), reincludes, foldersOnly, byName, prefix, matches };
}

/**
 * Matches what follows the literal prefix of a pattern; the most common forms are handled without the wildcard matcher.
 */
function matcher(
  pattern: string,
  elements: NonNullable<ReturnType<typeof parsePattern>>,
  byName: boolean,
  folds: boolean,
): Rule['matches'] {
  if (pattern === '') return (rest) => rest === '';
  const ending = folds ? foldBytes(pattern.slice(1)) : pattern.slice(1);
  if (byName && pattern.startsWith('*') && literalLength(ending) === ending.length) {
    return (rest) => rest.endsWith(ending);
  }
  return (rest) => matchesPattern(elements, rest);
}

/** Trailing spaces do not count, unless escaped with a backslash. */
function withoutTrailingSpaces(line: string): string {
  let end = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\') i++;
    if (line[i] !== ' ' || line[i - 1] === '\\') end = i + 1;
  }
  return line.slice(0, end);
}
