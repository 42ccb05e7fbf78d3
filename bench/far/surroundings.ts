import { basename } from 'node:path';
import { LineIndex } from '../../src/common';
import type { Engine } from '../../src/engine';
import { definitionsOf, type Definition } from '../../src/server/ask/spans';
import { languageOf } from '../../src/server/grammar';
import type { Package } from '../ask/packages';
import { sourceFiles, type SourceFile } from '../ask/source';
import { inRandomOrder } from '../statistics';
import type { FormLanguage, Site } from './forms';

/** A position where code can be inserted before a line. */
export interface Place {
  site: Site;
  line: number;
  /** Approximate number of tokens before it. */
  tokens: number;
  indent: string;
  /** The class around it. */
  host: string | undefined;
}

/** Natural code of at least a wanted length, with some sibling files. */
export interface Surroundings {
  package: string;
  name: string;
  lines: string[];
  places: Place[];
  /** One step of indentation. */
  step: string;
  siblings: { name: string; text: string }[];
}

/** Size limits of files in characters: no stubs, no tables. */
const [SHORTEST, LONGEST] = [1500, 80_000];
const LONGEST_LINE = 400;

const SIBLINGS = 2;
const LONGEST_SIBLING = 12_000;

/** Code of one language, package by package. */
export class SurroundingSource {
  private readonly packages: SourceFile[][];

  constructor(
    packages: readonly Package[],
    private readonly language: FormLanguage,
    private readonly tokenizer: Engine['tokenizer'],
  ) {
    this.packages = packages
      .map((one) => sourceFiles([one], language).filter(isOrdinary))
      .filter((files) => files.length > SIBLINGS);
  }

  /** Files of one package, joined up to this many tokens. @throws Error when no package is that long */
  async draw(tokens: number, random: () => number): Promise<Surroundings> {
    const { language } = this;
    for (const all of inRandomOrder(this.packages, random)) {
      const files = inRandomOrder(all, random);
      const used: SourceFile[] = [];
      const lines: string[] = [];
      for (let length = 0; length < tokens;) {
        const file = files.shift();
        if (file === undefined) break;
        const text = ordinaryLines(file.text, language, used.length > 0);
        used.push(file);
        lines.push(...text, '');
        if (language === 'python') lines.push('');
        length += this.count(text.join('\n'));
      }
      // Other files of the package must remain.
      if (files.length < SIBLINGS) continue;
      const siblings = files
        .toSorted((a, b) => Math.abs(a.text.length - LONGEST_SIBLING) - Math.abs(b.text.length - LONGEST_SIBLING))
        .slice(0, SIBLINGS)
        .map(({ path, text }) => ({ name: `other-${basename(path)}`, text: text.slice(0, LONGEST_SIBLING) }));
      const name = basename(used[0]!.path);
      return {
        package: used[0]!.package.name,
        name,
        lines,
        places: await this.placesIn(lines, name),
        step: stepOf(lines),
        siblings,
      };
    }
    throw new Error(`no package of ${language} has ${tokens} tokens`);
  }

  private count(text: string): number {
    return this.tokenizer.encode(Buffer.from(text, 'utf8')).length;
  }

  private async placesIn(lines: string[], name: string): Promise<Place[]> {
    const text = lines.join('\n');
    const before = [0];
    for (const line of lines) before.push(before.at(-1)! + this.count(`${line}\n`));
    // Lines tokenized separately have more tokens than in their text.
    const part = this.count(text) / before.at(-1)!;
    const definitions = await definitionsOf(text, new LineIndex(text), languageOf(name)!);
    const places: Place[] = [];
    const add = (site: Site, line: number, host?: string): void => {
      places.push({ site, line, tokens: part * before[line]!, indent: /^\s*/.exec(lines[line]!)![0], host });
    };
    const visit = (definition: Definition, isOutermost: boolean): void => {
      const { start, end, kind, signatureEnd, docstring, children } = definition;
      const followsBlank = start === 0 || lines[start - 1]!.trim() === '';
      if (isOutermost && followsBlank && lines[start]!.search(/\S/) === 0) add('top', start);
      const body = docstring?.[1] ?? signatureEnd;
      if (kind === 'function' && end - body >= 3 && opensBody(lines, body)) add('inside', body);
      const host = kind === 'type' ? this.hostOf(lines[definition.code]!) : undefined;
      for (const [i, child] of children.entries()) {
        if (isOutermost && host !== undefined && i > 0 && lines[child.start - 1]!.trim() === '')
          add('member', child.start, host);
        visit(child, false);
      }
    };
    for (const definition of definitions) visit(definition, true);
    return places;
  }

  /** The class that a line starts, if it has members and no type parameters. */
  private hostOf(line: string): string | undefined {
    const form =
      this.language === 'rust'
        ? /^impl (\w+) \{/
        : /^(?:export |default |public |final |abstract |static )*class (\w+)\b(?!<)/;
    return form.exec(line.trim())?.[1];
  }
}

function isOrdinary({ text, path }: SourceFile): boolean {
  if (text.length < SHORTEST || text.length > LONGEST || /\.d\.[cm]?ts$/.test(path)) return false;
  return text.split('\n').every((line) => line.length <= LONGEST_LINE);
}

/** The lines of a file; one that follows another in the same text has no head of its own. */
function ordinaryLines(text: string, language: FormLanguage, follows: boolean): string[] {
  let kept = text.replaceAll('\r\n', '\n').trimEnd();
  if (follows) {
    const licence = /^\s*(?:\/\*[^]*?\*\/\s*\n|(?:(?:\/\/|#)[^\n]*\n)+)/.exec(kept)?.[0] ?? '';
    if (/licen[cs]e|copyright/i.test(licence)) kept = kept.slice(licence.length);
    if (language === 'java') kept = kept.replace(/^package [^;]+;\n/m, '').replace(/^import [^;]+;\n/gm, '');
    if (language === 'go') kept = kept.replace(/^package \w+\n/m, '').replace(/^import (?:\([^)]*\)|"[^"]*")\n/gm, '');
    if (language === 'python') kept = kept.replace(/^from __future__ .*\n/gm, '');
    if (language === 'rust') kept = kept.replace(/^(?:\/\/!|#!\[).*\n/gm, '');
  }
  return kept
    .replace(/^\n+/, '')
    .replace(/\n{4,}/g, '\n\n\n')
    .split('\n');
}

/** Whether a function body starts at this line, without a statement that must come first. */
function opensBody(lines: string[], line: number): boolean {
  const first = lines[line]?.trim() ?? '';
  const before = lines[line - 1]!.trimEnd();
  return /(?:[{:]|""")$/.test(before) && first !== '' && !/^(?:super|this)\b|^[})]/.test(first);
}

function stepOf(lines: string[]): string {
  const indents = lines.map((line) => /^[ \t]*/.exec(line)![0]);
  if (indents.filter((indent) => indent.startsWith('\t')).length > lines.length / 8) return '\t';
  const twos = indents.filter(({ length }) => length % 4 === 2).length;
  return twos > lines.length / 20 ? '  ' : '    ';
}
