import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { LineIndex } from '../../src/common';
import { isComment } from '../../src/server/ask/text/declarations';
import { definitionsOf, type Definition } from '../../src/server/ask/spans';
import { languageOf } from '../../src/server/grammar';
import { folderOf } from './fetch';
import { languages, type Language, type Package } from './packages';

/** One source file of a held-out package. */
export interface SourceFile {
  package: Package;
  /** Relative to the package. */
  path: string;
  text: string;
}

/** A function or method with its documentation. */
export interface DescribedFunction {
  file: SourceFile;
  name: string;
  /** The first paragraph of its documentation, as people wrote it. */
  description: string;
  /** The same without names. */
  masked: string;
  /** 0-based lines of the function without its documentation before it; `end` is exclusive. */
  start: number;
  end: number;
  /** Lines of documentation and attributes, which are taken out of the text that is searched. */
  documentation: readonly (readonly [number, number])[];
}

const leftOut =
  /(^|\/)(node_modules|dist|es|lib\/esm|vendor\/.*\/tests?|tests?|__tests__|testdata|benches|examples?|fuzz)\//;

/** Files with longer lines than people write are generated. */
const MAX_MEAN_LINE = 120;

/** The source files of packages, in a fixed order. */
export function sourceFiles(packages: readonly Package[], language: Language): SourceFile[] {
  const endings: readonly string[] = languages[language];
  return packages
    .filter((one) => one.language === language)
    .flatMap((one) =>
      filesBelow(folderOf(one)).flatMap((path): SourceFile[] => {
        const inside = relative(folderOf(one), path);
        if (!endings.some((ending) => path.endsWith(ending)) || leftOut.test(inside)) return [];
        if (/\.d\.ts$|_test\.go$|(^|\/)test_|[-_.](spec|test)\.tsx?$/.test(path) || statSync(path).size > 1_000_000)
          return [];
        const text = readFileSync(path, 'utf8');
        return text.length / text.split('\n').length > MAX_MEAN_LINE ? [] : [{ package: one, path: inside, text }];
      }),
    );
}

export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

/** All functions of a file, described or not. */
export async function functionsOf(file: SourceFile): Promise<{ lines: LineIndex; all: Definition[] }> {
  const lines = new LineIndex(file.text);
  const language = languageOf(file.path)!;
  const flat = (definitions: readonly Definition[]): Definition[] =>
    definitions.flatMap((one) => [...(one.kind === 'function' ? [one] : []), ...flat(one.children)]);
  return { lines, all: flat(await definitionsOf(file.text, lines, language)) };
}

/** The functions of a file that have documentation which says something. */
export async function describedFunctions(file: SourceFile): Promise<DescribedFunction[]> {
  const { lines, all } = await functionsOf(file);
  const capitals = capitalsOf(lines);
  return all.flatMap((one): DescribedFunction[] => {
    const { name, start, code, end, docstring } = one;
    if (name === undefined || end - code < 3 || end - code > 80) return [];
    const [from, to] = docstring ?? [start, code];
    const description = firstParagraph(Array.from({ length: to - from }, (_, i) => lines.lineText(from + i)));
    const masked = maskNames(description, name, capitals);
    if (masked.split(' ').length < 6 || /copyright|licen[sc]e|^todo|inheritdoc|^see /i.test(masked)) return [];
    const documentation: (readonly [number, number])[] = [];
    if (code > start) documentation.push([start, code]);
    if (docstring) documentation.push(docstring);
    return [{ file, name, description, masked, start: code, end, documentation }];
  });
}

/** A text without some of its lines, and the new numbers of the others. */
export function withoutLines(
  text: string,
  removed: readonly (readonly [number, number])[],
): { text: string; lineOf: (line: number) => number } {
  const drop = new Set<number>();
  for (const [from, to] of removed) for (let line = from; line < to; line++) drop.add(line);
  const kept: string[] = [];
  const places: number[] = [];
  for (const [line, content] of text.split(/\r\n|\r|\n/).entries()) {
    places.push(kept.length);
    if (!drop.has(line)) kept.push(content);
  }
  places.push(kept.length);
  return { text: kept.join('\n'), lineOf: (line) => places[Math.min(line, places.length - 1)]! };
}

function firstParagraph(lines: string[]): string {
  const text = lines
    .map((line) =>
      line
        .replace(/^\s*(?:\/\/[/!]?|\/\*\*?!?|\*\/?|#+!?|[rbfu]*"""|[rbfu]*''')/i, '')
        .replace(/(?:\*\/|"""|''')\s*$/, ''),
    )
    .map((line) => line.trim())
    .filter((line) => !/^(@\w+|#?\[)/.test(line))
    .join('\n')
    .trim();
  return text
    .split(/\n\s*\n|\n\s*(?:@|:param|Args:|Returns:|Parameters)/, 1)[0]!
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 400);
}

/** Literals of a language: they name nothing. */
const literal = /^`(true|false|null|undefined|nil|none|nan|-?\d+(?:\.\d+)?)`$/i;

/** All-capital names (`RR`, `OPT`) in the code of a file. */
function capitalsOf(lines: LineIndex): ReadonlySet<string> {
  const names = new Set<string>();
  for (let line = 0; line < lines.lineCount; line++) {
    const text = lines.lineText(line);
    if (!isComment(text)) for (const [word] of text.matchAll(/(?<![\w$])\p{Lu}{2,}\d*(?![\w$])/gu)) names.add(word);
  }
  return names;
}

/**
 * Removes names: code, links and tags, and the function's own name. Abbreviations (`URL`) are words, unless they are part of that name or
 * names themselves.
 */
function maskNames(description: string, name: string, capitals: ReadonlySet<string>): string {
  const own = name.toLowerCase();
  return description
    .replace(/\{@\w+\s+[^}]*\}|`[^`]*`|<[^>]+>|\bhttps?:\S+/g, (text) => ` ${literal.exec(text)?.[1] ?? ''} `)
    .split(/\s+/)
    .filter((word) => {
      const bare = word.replace(/^\W+|\W+$/g, '');
      const isCode = /[_$(){}[\]=:#]|\p{Ll}\p{Lu}|\w\.\w/u.test(bare);
      const isName = /^\p{Lu}{2,}\d*$/u.test(bare) && (capitals.has(bare) || own.includes(bare.toLowerCase()));
      return bare !== '' && !isCode && !isName && bare.toLowerCase() !== own;
    })
    .join(' ')
    .trim();
}
