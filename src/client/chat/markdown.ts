import { linesAround, visibleLine, visibleText } from '../../common';
import type { AskCitation, AskResult, AskSentence } from '../../protocol';

/** A part of an answer: Markdown, or a location that the editor shows as a link. */
export type AnswerPart = { markdown: string } | { place: AskCitation };

/** Lines of a cited place that are shown when there is nothing shorter. */
const SHOWN_LINES = 10;

/** The answer in order: each sentence with the place it was copied from, then the remaining places. */
export function answerParts(result: Pick<AskResult, 'sentences' | 'citations'>): AnswerPart[] {
  const { citations } = result;
  const named = new Set<AskCitation>();
  const parts: AnswerPart[] = [];
  for (const { place, markdown } of spoken(result)) {
    parts.push({ markdown }, { place }, { markdown: '\n\n' });
    named.add(place);
  }
  for (const place of citations.filter((citation) => !named.has(citation))) {
    // Symbol names come from files that anybody may have written.
    const symbol = place.symbol === undefined ? '' : ` ${inlineCode(place.symbol)}`;
    parts.push({ markdown: '- ' }, { place }, { markdown: `${symbol}\n` });
  }
  return parts;
}

/** The answer as Markdown only, each sentence with the number of its place. */
export function markdownOf(result: Pick<AskResult, 'sentences' | 'citations'>): string {
  return spoken(result)
    .map(({ markdown, place }) => `${markdown}[${result.citations.indexOf(place) + 1}]`)
    .join('\n\n');
}

/** The sentences; if there are none, the text of the first place. */
function spoken({
  sentences,
  citations,
}: Pick<AskResult, 'sentences' | 'citations'>): { markdown: string; place: AskCitation }[] {
  const said = sentences.flatMap((sentence) => {
    const place = citations[sentence.citation];
    return place === undefined ? [] : [{ markdown: markdownOfSentence(sentence, place), place }];
  });
  const [first] = citations;
  if (said.length > 0 || first === undefined) return said;
  const text = linesAround(first.text, first.line - first.startLine, SHOWN_LINES);
  return [{ markdown: `${fenced(text, languageOf(first.uri))}\n`, place: first }];
}

function markdownOfSentence({ kind, text }: AskSentence, { uri }: AskCitation): string {
  return kind === 'prose' ? `${escaped(text)} ` : `${fenced(text, languageOf(uri))}\n`;
}

/** Code in a fence that it cannot close. */
export function fenced(code: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestRun(code) + 1));
  return `${fence}${language}\n${visibleText(code)}\n${fence}`;
}

function inlineCode(written: string): string {
  const code = visibleLine(written);
  const fence = '`'.repeat(longestRun(code) + 1);
  return code.includes('`') ? `${fence} ${code} ${fence}` : `${fence}${code}${fence}`;
}

const longestRun = (code: string): number => Math.max(0, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));

/** File extensions that are not the name of their language in Markdown. */
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

/** Markdown's name for the language of a file; empty when its extension does not tell. */
export function languageOf(uri: string): string {
  const [, end = ''] = /\.([A-Za-z0-9]+)$/.exec(uri) ?? [];
  const known = end.toLowerCase();
  return languages[known] ?? known;
}

/** Text that stays text in Markdown: no markup, no link (not even an address that is one by itself), nothing hidden. */
export function escaped(text: string): string {
  return visibleText(text).replace(/[\\`*_{}[\]()#+\-!|<>~:@&]|(?<=www)\./gi, '\\$&');
}
