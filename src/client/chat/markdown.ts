import { linesAround } from '../../common';
import type { AskCitation, AskResult, AskSentence } from '../../protocol';

/** What an answer is made of: Markdown, and places that the editor shows as links. */
export type AnswerPart = { markdown: string } | { place: AskCitation };

/** Lines of a cited place that are shown when nothing shorter can be said. */
const SHOWN_LINES = 10;

/** Puts an answer together as it comes: each sentence with the place that it is copied from, at last what was not said yet. */
export class AnswerText {
  private readonly said = new Set<string>();
  private readonly named = new Set<string>();

  /** What one sentence adds; nothing when it was said before or its place is not there. */
  sentence(sentence: AskSentence, citations: readonly AskCitation[]): AnswerPart[] {
    const place = citations[sentence.citation];
    if (place === undefined || this.said.has(sentence.text)) return [];
    this.said.add(sentence.text);
    return this.say(markdownOfSentence(sentence, place), place);
  }

  /** What is left when the whole answer is there: further sentences, then the places that none of them has named. */
  rest({ sentences, citations }: Pick<AskResult, 'sentences' | 'citations'>): AnswerPart[] {
    const parts = sentences.flatMap((sentence) => this.sentence(sentence, citations));
    const [first] = citations;
    if (this.said.size === 0 && first !== undefined) parts.push(...this.say(linesOf(first), first));
    for (const place of citations.filter((citation) => !this.named.has(keyOf(citation)))) {
      // Names of code come from files that anybody may have written.
      const symbol = place.symbol === undefined ? '' : ` ${inlineCode(place.symbol)}`;
      parts.push({ markdown: '- ' }, { place }, { markdown: `${symbol}\n` });
    }
    return parts;
  }

  private say(markdown: string, place: AskCitation): AnswerPart[] {
    this.named.add(keyOf(place));
    return [{ markdown }, { place }, { markdown: '\n\n' }];
  }
}

const keyOf = ({ uri, line }: AskCitation): string => `${uri}:${line}`;

/** The answer as Markdown alone, each sentence with the number of its place. */
export function markdownOf({ sentences, citations }: Pick<AskResult, 'sentences' | 'citations'>): string {
  const said = sentences.flatMap((sentence) => {
    const place = citations[sentence.citation];
    return place === undefined ? [] : [`${markdownOfSentence(sentence, place)}[${sentence.citation + 1}]`];
  });
  const [first] = citations;
  if (said.length === 0 && first !== undefined) said.push(`${linesOf(first)}[1]`);
  return said.join('\n\n');
}

/** Some lines of a place, when nothing shorter can be said. */
function linesOf({ text, line, startLine, uri }: AskCitation): string {
  return `${fenced(linesAround(text, line - startLine, SHOWN_LINES), languageOf(uri))}\n`;
}

function markdownOfSentence({ kind, text }: AskSentence, { uri }: AskCitation): string {
  return kind === 'prose' ? `${escaped(text)} ` : `${fenced(text, languageOf(uri))}\n`;
}

/** Code in a fence that it cannot end. */
export function fenced(code: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestRun(code) + 1));
  return `${fence}${language}\n${code}\n${fence}`;
}

function inlineCode(code: string): string {
  const fence = '`'.repeat(longestRun(code) + 1);
  return code.includes('`') ? `${fence} ${code} ${fence}` : `${fence}${code}${fence}`;
}

const longestRun = (code: string): number => Math.max(0, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));

/** Ends of file names that are no name of their language in Markdown. */
const languages: Record<string, string> = {
  mjs: 'js',
  cjs: 'js',
  mts: 'ts',
  cts: 'ts',
  py: 'python',
  pyi: 'python',
  rs: 'rust',
  h: 'c',
  cc: 'cpp',
  cxx: 'cpp',
  hh: 'cpp',
  hpp: 'cpp',
  rb: 'ruby',
  sh: 'shellscript',
  md: 'markdown',
  yml: 'yaml',
};

/** How Markdown calls the language of a file; empty when its name does not tell. */
export function languageOf(uri: string): string {
  const [, end = ''] = /\.([A-Za-z0-9]+)$/.exec(uri) ?? [];
  const known = end.toLowerCase();
  return languages[known] ?? known;
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!|<>~]/g, '\\$&');
}
