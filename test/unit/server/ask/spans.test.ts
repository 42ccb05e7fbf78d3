import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LineIndex } from '../../../../src/common';
import { spansOf, type Span } from '../../../../src/server/ask/spans';
import { grammars } from '../../../../src/server/grammar';

const heldOut = fileURLToPath(new URL('../../../fixtures/held-out', import.meta.url));

async function spans(text: string, name: string): Promise<Span[]> {
  return spansOf(text, new LineIndex(text), name);
}

/** Every non-blank line is in exactly one span. */
function expectCover(text: string, all: readonly Span[]): void {
  const lines = new LineIndex(text);
  const covered = new Set<number>();
  for (const { start, end, code, signatureEnd } of all) {
    expect(end).toBeGreaterThan(start);
    expect(code).toBeGreaterThanOrEqual(start);
    expect(signatureEnd).toBeGreaterThanOrEqual(code);
    for (let line = start; line < end; line++) {
      expect(covered.has(line), `line ${line + 1} twice`).toBe(false);
      covered.add(line);
    }
  }
  for (let line = 0; line < lines.lineCount; line++) {
    if (/[\p{L}\p{N}]/u.test(lines.lineText(line))) expect(covered.has(line), `line ${line + 1}`).toBe(true);
  }
}

const samples: [file: string, text: string, expected: [kind: string, name: string, first: number, last: number][]][] = [
  [
    'a.ts',
    `import { x } from './x';

/** Opens the store. */
export async function openStore(
  folder: string,
): Promise<Store> {
  return new Store(folder);
}

export class Pool<T> {
  private size = 4;

  /** Takes one. */
  @logged
  take(): T {
    return this.items.pop()!;
  }
}

export const close = async (store: Store) => {
  await store.end();
};
`,
    [
      ['function', 'openStore', 3, 8],
      ['type', 'Pool', 10, 11],
      ['function', 'take', 13, 17],
      ['function', 'close', 20, 22],
    ],
  ],
  [
    'a.py',
    `LIMIT = 4

class Store(Base):
    """Keeps things."""

    def open(self, path):
        """Opens it."""
        return path

    @property
    def size(self):
        return 1
`,
    [
      ['type', 'Store', 3, 4],
      ['function', 'open', 6, 8],
      ['function', 'size', 10, 12],
    ],
  ],
  [
    'a.go',
    `package a

// Close ends it.
func (s *Store) Close() error {
	return nil
}

type Store struct {
	path string
}
`,
    [
      ['function', 'Close', 3, 6],
      ['type', 'Store', 8, 10],
    ],
  ],
  [
    'a.rs',
    `/// Keeps things.
#[derive(Debug)]
pub struct Store { path: String }

impl Store {
    /// Opens it.
    pub fn open(path: &str) -> Self {
        Store { path: path.into() }
    }
}
`,
    [
      ['type', 'Store', 1, 3],
      ['function', 'open', 6, 9],
    ],
  ],
  [
    'A.java',
    `/** Keeps things. */
public class Store {
  private final int limit = 4;

  /** Opens it. */
  @Override
  public void open(String path) {
    use(path);
  }
}
`,
    [
      ['type', 'Store', 1, 3],
      ['function', 'open', 5, 9],
    ],
  ],
  [
    'a.c',
    `#define LIMIT 4

/* Opens it. */
static int
open_store(const char *path)
{
  return use(path);
}

struct store {
  int size;
};
`,
    [
      ['function', 'open_store', 3, 8],
      ['type', 'store', 10, 12],
    ],
  ],
];

describe('spansOf', () => {
  it.each(samples)('cuts %s by its definitions, each with its comment', async (file, text, expected) => {
    const all = await spans(text, file);
    expectCover(text, all);
    for (const [kind, name, first, last] of expected) {
      expect(
        all.filter((span) => span.kind === kind && span.name === name).map(({ start, end }) => [start + 1, end]),
      ).toContainEqual([first, last]);
    }
  });

  it('tells documentation, signature and what a method belongs to', async () => {
    const all = await spans(samples[0]![1], 'a.ts');
    const open = all.find(({ name }) => name === 'openStore')!;
    expect([open.code + 1, open.signatureEnd]).toEqual([4, 6]);
    expect(all.find(({ name }) => name === 'take')!.owners).toEqual(['Pool']);
    const python = await spans(samples[1]![1], 'a.py');
    expect(python.find(({ name }) => name === 'open')!.docstring).toEqual([6, 7]);
  });

  it('cuts a long function into parts that keep its name', async () => {
    const text = `function long() {\n${'  step();\n\n'.repeat(150)}}\n`;
    const all = await spans(text, 'a.js');
    expect(all.length).toBeGreaterThan(3);
    expect(new Set(all.map(({ name }) => name))).toEqual(new Set(['long']));
    expectCover(text, all);
  });

  it('finds functions inside of a function that is a whole module', async () => {
    const inner = `  function inner(a) {\n    one(a);\n    two(a);\n    return a;\n  }\n`;
    const text = `(function (root) {\n${inner.repeat(1)}${'  step();\n'.repeat(70)}})(this);\n`;
    const all = await spans(text, 'a.js');
    expect(all.some(({ name, start }) => name === 'inner' && start === 1)).toBe(true);
    expectCover(text, all);
  });

  it('cuts other languages by lines', async () => {
    const text = `# Title\n\nSome words.\n\n${'line of text\n'.repeat(100)}`;
    const all = await spans(text, 'README.md');
    expectCover(text, all);
    expect(Math.max(...all.map(({ start, end }) => end - start))).toBeLessThanOrEqual(16);
    expect(await spans('\n\n  \n', 'a.txt')).toEqual([]);
  });

  it('survives text that is no program, in every language', async () => {
    const endings = ['ts', 'tsx', 'js', 'py', 'go', 'rs', 'java', 'c', 'cs', 'php', 'rb', 'sh'];
    expect(endings.length).toBe(grammars.length);
    const pieces = fc.constantFrom(
      'function f(',
      'class A {',
      '}',
      '\n',
      '\r\n',
      '\r',
      '"',
      '/*',
      '# x',
      'def a:',
      'ä😀',
      '\u2028',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 40 }), fc.constantFrom(...endings), async (parts, ending) => {
        const text = parts.join(' ');
        expectCover(text, await spans(text, `a.${ending}`));
      }),
      { numRuns: 60 },
    );
  });

  it('covers real files whole', async () => {
    for (const language of readdirSync(heldOut, { withFileTypes: true })) {
      if (!language.isDirectory()) continue;
      const [name] = readdirSync(join(heldOut, language.name));
      const text = readFileSync(join(heldOut, language.name, name!), 'utf8');
      const all = await spans(text, name!);
      expectCover(text, all);
      expect(all.filter(({ kind }) => kind === 'function').length, name).toBeGreaterThan(3);
    }
  });

  it('ends when it is cancelled', async () => {
    const text = `function f() { return [${'1, '.repeat(400_000)}]; }`;
    const controller = new AbortController();
    const done = spansOf(text, new LineIndex(text), 'a.js', controller.signal);
    controller.abort();
    await expect(done).rejects.toThrow(/abort/i);
  });
});
