import { describe, expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { defaultSettings } from '../../../../src/protocol';
import { DocumentTrees } from '../../../../src/server/inline/documentTrees';
import { insertionAt } from '../../../../src/server/inline/insertionAt';
import { offerOf } from '../../../../src/server/inline/offer';
import { inlineRequest } from '../../../../src/server/inline/request';

/** What the model writes at «» in a file, and what is offered of it; undefined = nothing. */
interface Row {
  file: string;
  code: string;
  written: string;
  offered: string | undefined;
  /** Writing was broken off. */
  isCut?: boolean;
}

const row = (file: string, code: string, written: string, offered: string | undefined, isCut = false): Row => ({
  file,
  code,
  written,
  offered,
  isCut,
});
const asWritten = (file: string, code: string, written: string): Row => row(file, code, written, written);

const languageIds: Record<string, string> = { ts: 'typescript', py: 'python', rs: 'rust', rb: 'ruby', md: 'markdown' };

async function offered({ file, code, written, isCut = false }: Row): Promise<string | undefined> {
  const [before, after] = code.split('«»') as [string, string];
  const languageId = languageIds[file.split('.')[1]!] ?? file.split('.')[1]!;
  const document = TextDocument.create(`file:///${file}`, languageId, 1, before + after);
  const request = inlineRequest(document, document.positionAt(before.length), { triggerKind: 1 }, defaultSettings)!;
  const trees = new DocumentTrees();
  const candidate = { text: written, confidence: 0.9, isWhole: !isCut };
  const offer = await insertionAt(trees, { key: 'a', name: file }, document, request, (insertion) =>
    offerOf(request, [candidate], insertion),
  );
  trees.forget('a');
  return offer.kind === 'offered' ? (offer.items[0]!.insertText as string) : undefined;
}

const kinds: Record<string, Row[]> = {
  'a block keeps its own closing line, whatever follows': [
    asWritten(
      'a.ts',
      `function a(x: number): boolean {
  if (x > 1) {
    return true;
  }
  return false;
}
export function b(x: number): boolean {
  «»
}
`,
      'for (const y of known) {\n    if (y === x) return true;\n  }',
    ),
    asWritten('a.rb', 'def a(x)\n  «»\nend\n', 'if x > 1\n    puts x\n  end'),
    asWritten('a.go', 'package a\n\nfunc a(x int) {\n\t«»\n}\n', 'if x > 1 {\n\t\tprintln(x)\n\t}'),
    asWritten('a.java', 'class A {\n  «»\n}\n', 'int size() {\n    return 1;\n  }'),
    asWritten('a.ts', 'class A {\n  «»\n}\n', 'get size(): number {\n    return 1;\n  }'),
    asWritten(
      'a.ts',
      "describe('a', () => {\n  «»\n});\n",
      "it('b', () => {\n    run(() => {\n      b();\n    });\n    c();\n  });",
    ),
    asWritten(
      'a.tsx',
      'const a = (\n  <div>\n    «»\n  </div>\n);\n',
      '<div>\n      <b>x</b>\n    </div>\n    <div>\n      <i>y</i>\n    </div>',
    ),
    asWritten('a.ts', 'switch (a) {\n  case 1:\n    «»\n    break;\n}\n', 'one();\n    break;\n  case 2:\n    two();'),
    asWritten('a.py', 'def a(x):\n    «»\n    return x\n', 'if x:\n        return x\n    x = other(x)'),
    row('a.ts', 'function a() {\n  «»\n}\n', 'b();\n  return c;\n}', 'b();\n  return c;'),
    row('a.ts', 'function a() {\n  «»\n  return c;\n}\n', 'b();\n  return c;\n}', 'b();'),
    row('a.rb', 'def a\n  «»\nend\n', 'b\nend', 'b'),
  ],
  'a repetition that is real stays': [
    asWritten('a.ts', 'function a() {\n  return microseconds / «»\n}\n', '1000000;'),
    asWritten('a.css', 'a {\n  color: «»\n}\n', '#ffffff;'),
    asWritten('a.sql', 'INSERT INTO a VALUES «»\n', '(?, ?, ?)'),
    asWritten('a.ts', "db.run('INSERT INTO a VALUES «»');\n", '(?, ?, ?, ?, ?, ?)'),
    asWritten('a.ts', 'const mask = «»\n', '0xFFFFFFFF;'),
    asWritten('a.ts', 'const id = «»\n', "'00000000-0000-0000-0000-000000000000';"),
    asWritten('a.py', 'MAC = «»\n', '"00:00:00:00:00:00"'),
    asWritten('a.ts', 'const line = «»\n', "'──────────────────────';"),
    asWritten('a.rs', 'const MAX: u64 = «»\n', '0xFFFFFFFFFFFFFFFF;'),
    asWritten('a.go', 'package a\n\nvar b = []int{«»}\n', '0, 0, 0, 0, 0, 0, 0, 0'),
    asWritten(
      'a.ts',
      'function a(x: string) {\n  «»\n}\n',
      'if (x === "") {\n    return false;\n  }\n  if (x === "b") {\n    return false;\n  }\n  return true;',
    ),
    asWritten('a.py', 'def a(b):\n    «»\n', 'b.push("first")\n    b.push("first")'),
    row('a.py', 'def a(b):\n    «»\n', 'b.push("first")\n    b.push("first")\n    b.push("first")', 'b.push("first")'),
  ],
  'a bracket of its own stays beside one that the editor closed': [
    asWritten('a.ts', 'console.log(queue.«»)\n', 'size()'),
    row('a.ts', 'console.log(queue.«»)\n', 'size());', 'size()'),
    asWritten('a.py', 'print(str(«»))\n', 'area(2, 3)'),
    row('a.py', 'print(str(«»))\n', 'area(2, 3)))', 'area(2, 3)'),
    row('a.java', 'class A { void a() {\n  if (queue.«») {\n  }\n} }\n', 'isEmpty()) {', 'isEmpty()'),
    asWritten('a.java', 'class A { void a() {\n  if (queue.«») {\n  }\n} }\n', 'isEmpty()'),
    asWritten('a.ts', 'const y = x[«»];\n', 'keys[0]'),
    row('a.ts', 'const y = x[«»];\n', 'keys[0]];', 'keys[0]'),
    row('a.ts', 'const y = "«»";\n', 'first";', 'first'),
    asWritten('a.ts', 'const y = "«»";\n', 'a" + "b'),
    asWritten('a.ts', 'const y = «»x + 1;\n', 'max'),
    row('a.ts', 'const y = «» + 1;\n', 'max + 1;', 'max'),
    row('a.rs', 'fn a() {\n    println!("{}", list.«»);\n}\n', 'len());', 'len()'),
    row('a.ts', 'call(«»)\n', 'a, b);\n  next();', 'a, b'),
  ],
  'strings, comments, lifetimes and generics are the grammar’s': [
    asWritten('a.rs', "fn longest<'a>(x: &'a str, y: &'a str«»\n    x\n}\n", ") -> &'a str {"),
    row('a.rs', "fn longest<'a>(x: &'a str, y: &'a str«»\n", ") -> &'a str {", ") -> &'a str {\n}"),
    asWritten('a.rs', "struct A<'a> {\n    b: «»\n}\n", "&'a [u8],"),
    asWritten('a.rs', 'fn a() {\n    let x = «»\n}\n', "'(';"),
    asWritten('a.ts', '// first «»\nconst a = 1;\n', 'thing :) and more'),
    asWritten('a.ts', '// steps: «»\nconst a = 1;\n', '1) read, 2) write'),
    asWritten('a.py', '# we «»\na = 1\n', "don't call it (yet"),
    asWritten('a.ts', 'const a = «»\n', 'new Map<string, () => void>();'),
    asWritten('a.ts', 'const a = «»\n', "'(';"),
    asWritten('a.ts', 'const a = «»\n', '/[(]/.test(b);'),
    asWritten('a.md', 'It is «»\n', 'so :) but 1) no'),
  ],
  'what the clock left is not disguised': [
    row('a.ts', 'const index = orders.find«»\n', 'Index((order) => order.orderId ===', undefined),
    row('a.ts', 'const index = orders.find«»\n', 'Index((order) => order.orderId ===', undefined, true),
    row('a.ts', 'const a = «»\n', 'call(b', undefined, true),
    row('a.py', 'a = «»\n', '[b for b in', undefined),
    row('a.ts', 'function a() {\n  «»\n}\n', 'b();\n  const c = call(', 'b();', true),
    row('a.ts', '«»\n', 'if (a) {\n  b();\n  c(d', 'if (a) {\n  b();\n}', true),
    asWritten('a.ts', 'const index = orders.find«»\n', 'Index((order) => order.id === id);'),
  ],
  'what opens a block closes it, unless it is closed below': [
    asWritten('a.ts', 'if (a«»\n  b();\n}\n', ' > 1) {'),
    row('a.ts', 'if (a«»\n', ' > 1) {', ' > 1) {\n}'),
    row('a.ts', 'function a() {\n  items.forEach(«»\n}\n', '(item) => {', '(item) => {\n  })'),
    row('a.java', 'class A { void a() {\n  items.forEach(«»\n} }\n', 'item -> {', 'item -> {\n  });'),
    row('a.rb', 'def a\n  items.each «»\nend\n', 'do |item|', 'do |item|\n  end'),
    row('a.sh', 'if «»\n', '[ -f a ]; then\n  cat a', '[ -f a ]; then\n  cat a\nfi'),
    row('a.go', 'package a\n\nfunc a() {\n\tfor «»\n}\n', 'i := range b {', 'i := range b {\n\t}'),
    row('a.ts', 'const a = «»\n', 'call(b, [1, 2', 'call(b, [1, 2])'),
  ],
};

describe.each(Object.entries(kinds))('%s', (_, rows) => {
  it.each(rows)('$file: $code + $written', async (one) => {
    expect(await offered(one)).toBe(one.offered);
  });
});
