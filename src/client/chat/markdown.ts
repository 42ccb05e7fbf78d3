import type { AskResult } from '../../protocol';

/** The answer as Markdown: what is copied, each sentence with the number of its place; then the first place's text. */
export function markdownOf({ sentences, citations }: Pick<AskResult, 'sentences' | 'citations'>): string {
  const parts = sentences.map(({ text, kind, citation }) => {
    const number = `[${citation + 1}]`;
    return kind === 'prose' ? `${escaped(text)} ${number}` : `${fenced(text)}\n${number}`;
  });
  const [first] = citations;
  if (parts.length === 0 && first !== undefined) parts.push(`${fenced(focus(first))}\n[1]`);
  return parts.join('\n\n');
}

/** Code in a fence that it cannot end. */
export function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${code}\n${fence}`;
}

/** Some lines around the one that matters. */
function focus({ text, line, startLine }: AskResult['citations'][number]): string {
  const lines = text.split('\n');
  const at = line - startLine;
  return lines.slice(Math.max(0, at - 2), at + 8).join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!|<>~]/g, '\\$&');
}
