import { describe, expect, it } from 'vitest';
import { answerParts, fenced, languageOf, markdownOf } from '../../../src/client/chat/markdown';
import type { AskCitation } from '../../../src/protocol';

const place = (line: number, text: string, symbol?: string): AskCitation => ({
  uri: 'file:///project/src/a.ts',
  line,
  startLine: 10,
  endLine: 10 + text.split('\n').length - 1,
  text,
  ...(symbol !== undefined && { symbol }),
  foundBy: ['words'],
});

/** The parts as one text, places as `<line>`. */
const shown = (result: Parameters<typeof answerParts>[0]): string =>
  answerParts(result)
    .map((part) => ('markdown' in part ? part.markdown : `<${part.place.line}>`))
    .join('');

describe('an answer in the chat', () => {
  const first = place(10, 'const a = 1;', 'a');
  const second = place(40, 'const b = 2;', 'b');

  it('names the place after each sentence, then the places that no sentence has named', () => {
    const sentences = [
      { text: 'Counts the apples.', kind: 'prose', citation: 0 },
      { text: 'const a = 1;', kind: 'code', citation: 0 },
    ] as const;
    expect(shown({ sentences: [...sentences], citations: [first, second] })).toBe(
      'Counts the apples. <10>\n\n```ts\nconst a = 1;\n```\n<10>\n\n- <40> `b`\n',
    );
  });

  it('shows the lines of the first place when there is nothing short to say', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${10 + i}`).join('\n');
    const text = shown({ sentences: [], citations: [place(25, lines)] });
    expect(text).toMatch(/^```ts\nline 23\n[^]*line 32\n```\n<25>\n\n$/);
  });

  it('leaves out a sentence whose place is not there', () => {
    expect(shown({ sentences: [{ text: 'x', kind: 'code', citation: 3 }], citations: [first] })).toContain('<10>');
  });

  it('lets no text from a file become Markdown of its own', () => {
    const hostile = place(10, '```\n[click](command:evil)', '`](command:evil) `` ');
    const prose = { text: '[click](command:evil) <img src=x> **a**', kind: 'prose', citation: 0 } as const;
    const text = shown({ sentences: [prose], citations: [hostile, { ...hostile, line: 11 }] });
    expect(text).toContain('\\[click\\]\\(command\\:evil\\) \\<img src=x\\> \\*\\*a\\*\\*');
    expect(text).toContain('- <11> ``` `](command:evil) ``  ```');
    expect(shown({ sentences: [], citations: [hostile] })).toMatch(/^````ts\n```\n\[click\]/);
  });

  it('is numbered where places cannot be links', () => {
    const sentences = [
      { text: 'const b = 2;', kind: 'code', citation: 1 },
      { text: 'Counts.', kind: 'prose', citation: 0 },
    ] as const;
    expect(markdownOf({ sentences: [...sentences], citations: [first, second] })).toBe(
      '```ts\nconst b = 2;\n```\n[2]\n\nCounts. [1]',
    );
    expect(markdownOf({ sentences: [], citations: [] })).toBe('');
  });
});

describe('code in Markdown', () => {
  it('cannot end its fence', () => {
    expect(fenced('a')).toBe('```\na\n```');
    expect(fenced('````\na', 'ts')).toBe('`````ts\n````\na\n`````');
  });

  it('is called by its language, or by the end of its name', () => {
    const names = ['a.ts', 'a.mjs', 'a.py', 'a.h', 'b.rs', 'b.go', 'Makefile', 'a.tar.GZ', 'a.`x'];
    expect(names.map((name) => languageOf(`file:///x.y/${name}`))).toEqual([
      'ts',
      'js',
      'python',
      'c',
      'rust',
      'go',
      '',
      'gz',
      '',
    ]);
  });
});
