import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LineIndex } from '../../src/common';
import { declaredName, isComment } from '../../src/server/ask/text/declarations';
import { filesBelow, functionsOf, type SourceFile } from './source';
import { folderOf } from './fetch';
import type { Language, Package } from './packages';
import { shuffled } from './statistics';

/** A question about one file, with the lines that answer it. */
export interface FileQuestion {
  kind: 'value' | 'value in words' | 'definition' | 'caller' | 'by hand';
  question: string;
  /** 0-based lines, each a right answer. Empty: the answer is not in the file. */
  lines: ReadonlySet<number>;
}

/** Files long enough that people scroll in them. */
const MIN_LINES = 2000;
const MAX_LINES = 60_000;

const endings: Record<Language, RegExp> = {
  typescript: /\.(ts|tsx|js|mjs)$/,
  python: /\.py$/,
  go: /\.go$/,
  rust: /\.rs$/,
  java: /\.java$/,
};

/** The large files of packages as published, including built bundles; minified ones are not text for people. */
export function largeFiles(packages: readonly Package[]): SourceFile[] {
  return packages.flatMap((one) => {
    const files = filesBelow(folderOf(one)).flatMap((path): SourceFile[] => {
      if (!endings[one.language].test(path) || /\.min\.|node_modules/.test(path)) return [];
      const text = readFileSync(path, 'utf8');
      const lines = text.split('\n').length;
      if (lines < MIN_LINES || lines > MAX_LINES || text.length / lines > 100) return [];
      return [{ package: one, path: path.slice(join(folderOf(one), '/').length), text }];
    });
    // Bundles of one package repeat each other: at most the largest and one other.
    return files
      .sort((a, b) => b.text.length - a.text.length)
      .filter((_, i, all) => i === 0 || i === Math.floor(all.length / 2));
  });
}

/** Questions about a file, generated from its content: up to `each` of every kind. */
export async function questionsAbout(file: SourceFile, each: number, seed: number): Promise<FileQuestion[]> {
  const { lines, all } = await functionsOf(file);
  const names = new Map<string, number[]>();
  const values: { name: string; line: number }[] = [];
  for (let line = 0; line < lines.lineCount; line++) {
    const text = lines.lineText(line);
    const name = declaredName(text);
    if (name === undefined) continue;
    names.set(name, [...(names.get(name) ?? []), line]);
    if (isValue(text) && name.length >= 5) values.push({ name, line });
  }
  const once = (name: string): boolean => names.get(name)?.length === 1;
  const uses = usesOf(lines);

  const valueQuestions = shuffled(
    values.filter(({ name }) => once(name)),
    seed,
  );
  const inWords = valueQuestions.filter(({ name }) => wordsOf(name).length >= 2);
  const functions = shuffled(
    all.filter(({ name }) => name !== undefined && name.length >= 5 && /^[\w$]+$/.test(name)),
    seed,
  ).filter(({ name }, _, list) => list.filter((other) => other.name === name).length === 1);
  const definitions = functions.filter(({ name }) => once(name!) || !names.has(name!));
  const callers = functions.flatMap(({ name, start, end }) => {
    const lines_ = (uses.get(name!) ?? []).filter((line) => line < start || line >= end);
    return lines_.length >= 1 && lines_.length <= 6 ? [{ name: name!, lines: lines_ }] : [];
  });
  const templates = {
    value: ['What is the value of {}?', 'What is {} set to?', '{} default value'],
    words: ['what is the {}?', 'where is the {} set?', 'default {}'],
    definition: ['Where is {} defined?', 'Where is the function {}?', 'show me the implementation of {}'],
    caller: ['Who calls {}?', 'Where is {} called?', 'which function uses {}?'],
  };
  const fill = (list: readonly string[], i: number, name: string): string => list[i % list.length]!.replace('{}', name);
  return [
    ...valueQuestions.slice(0, each).map(({ name, line }, i): FileQuestion => ({
      kind: 'value',
      question: fill(templates.value, i, name),
      lines: new Set([line]),
    })),
    ...inWords.slice(each, 2 * each).map(({ name, line }, i): FileQuestion => ({
      kind: 'value in words',
      question: fill(templates.words, i, wordsOf(name).join(' ')),
      lines: new Set([line]),
    })),
    ...definitions.slice(0, each).map(({ name, code, signatureEnd }, i): FileQuestion => ({
      kind: 'definition',
      question: fill(templates.definition, i, name!),
      lines: new Set(Array.from({ length: Math.max(1, signatureEnd - code) }, (_, at) => code + at)),
    })),
    ...callers.slice(0, each).map(({ name, lines: found }, i): FileQuestion => ({
      kind: 'caller',
      question: fill(templates.caller, i, name),
      lines: new Set(found),
    })),
  ];
}

/**
 * Questions of the same kinds that a file has no answer to: they are about names from other files that do not occur in it.
 */
export function absentQuestions(
  file: SourceFile,
  others: readonly FileQuestion[],
  descriptions: readonly string[],
  count: number,
  seed: number,
): string[] {
  const text = file.text.toLowerCase();
  const foreign = others.filter(({ question, kind }) => {
    const identifier = /[\w$]*[A-Z_$][\w$]*/.exec(question.replace(/^\w+/, ''))?.[0];
    if (kind === 'value in words') {
      const words = question
        .replace(/^(what is the|where is the|default)|set\?|\?/g, '')
        .trim()
        .split(' ');
      return !text.includes(words.join('')) && !text.includes(words.join('_'));
    }
    return identifier !== undefined && !text.includes(identifier.toLowerCase());
  });
  const half = Math.ceil(count / 2);
  return [
    ...shuffled(foreign, seed)
      .slice(0, half)
      .map(({ question }) => question),
    ...shuffled(descriptions, seed).slice(0, count - half),
  ];
}

function isValue(line: string): boolean {
  return /(?:=|:)\s*(?:-?\d[\d_.xa-fA-F]*|(['"])[^'"]{1,60}\1|true|false|\d[\d_]*\s*[*<]+\s*\d+)\s*[,;)]?\s*(?:(?:\/\/|#).*)?$/.test(
    line,
  );
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[\s_$]+/)
    .filter((word) => word.length > 1);
}

/** Lines on which each name is called. */
function usesOf(lines: LineIndex): Map<string, number[]> {
  const uses = new Map<string, number[]>();
  for (let line = 0; line < lines.lineCount; line++) {
    const text = lines.lineText(line);
    if (isComment(text)) continue;
    for (const [, name] of text.matchAll(/(?<![\w$])([\w$]{5,})\s*\(/g)) {
      const known = uses.get(name!) ?? [];
      known.push(line);
      uses.set(name!, known);
    }
  }
  return uses;
}
