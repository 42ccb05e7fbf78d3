import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopRule, type Stop } from '../../../src/engine/stops';

/** What a rule keeps of a text, and whether it stopped before the end. */
function kept(stop: Stop | undefined, text: string, indent = 0, isBlank = false): [string, boolean] {
  const rule = new StopRule(stop, { indent, isBlank });
  const bytes = Buffer.from(text);
  const done = rule.push(bytes);
  return [bytes.subarray(0, rule.safe).toString(), done];
}

describe('StopRule', () => {
  it.each<[Stop | undefined, string, string, boolean, number?, boolean?]>([
    [undefined, 'a\n\n}\n', 'a\n\n}\n', false],
    ['line', 'foo(bar)', 'foo(bar)', false],
    ['line', 'foo(bar);  \nnext', 'foo(bar);', true],
    ['line', 'foo\r\nnext', 'foo', true],
    ['line', '\nfoo', '', true],
    ['block', 'if (x) {\n  y();\n}\nz', 'if (x) {\n  y();\n}', true],
    ['block', 'a, b);\nc', 'a, b', true],
    ['block', 'const a = 1;\nconst b = 2;\n\nconst c', 'const a = 1;\nconst b = 2;', true],
    ['block', '{\n  a\n\n  b\n}\n', '{\n  a\n\n  b\n}', true],
    ['block', '\n\n  first', '\n\n  first', false],
    ['block', 'a\r\n\r\nb', 'a', true],
    ['block', 'a\r\nb', 'a\r\nb', false],
    ['block', '  }', '', true],
    ['block', 'a(b);\nc(d);\n\ne', 'a(b);\nc(d);', true],
    ['block', 'x = 1\n    y = 2\nz', 'x = 1\n    y = 2', true, 4],
    ['dedent', 'x = 1\n    y = 2\n\n    z\ndef f', 'x = 1\n    y = 2\n\n    z', true, 4],
    ['dedent', 'x\n\ty\n  z', 'x\n\ty', true, 4],
    ['dedent', 'x\n     y', 'x\n     y', false, 4],
    ['dedent', 'x\n# y', 'x\n# y', false, 0],
    ['dedent', '    x\n    y\nz', '    x\n    y', true, 0, true],
    ['dedent', '  x\n    y\n  z', '  x\n    y', true, 2, true],
  ])('%s keeps of %j exactly %j', (stop, text, expected, done, indent = 0, isBlank = false) => {
    expect(kept(stop, text, indent, isBlank)).toEqual([expected, done]);
  });

  it('goes on from a line that is written', () => {
    const after = (line: string, text: string): string => {
      const rule = new StopRule('block', { indent: 2, isBlank: true });
      rule.begin(Buffer.from(line));
      rule.push(Buffer.from(text));
      return text.slice(0, rule.safe);
    };
    expect(after('if (x) {', '\n    y();\n  }\n  z();')).toBe('\n    y();\n  }');
    expect(after('} else if (x) {', '\n    y();\n  }\n  z();')).toBe('\n    y();\n  }');
    expect(after('x();', '\n  y();\n\n  z();')).toBe('\n  y();');
    expect(after('x();', '\n}\n')).toBe('');
    expect(after('x', '\ny')).toBe('');
    expect(after('', '')).toBe('');
  });

  it('decides the same however the text is cut', () => {
    const unit = fc.constantFrom('a', ' ', '\n', '\r', '\t', '{', '}', '(', ')', '    ');
    fc.assert(
      fc.property(
        fc.array(unit),
        fc.constantFrom<Stop>('line', 'block', 'dedent'),
        fc.nat(8),
        fc.boolean(),
        (parts, stop, indent, isBlank) => {
          const rule = new StopRule(stop, { indent, isBlank });
          let done = false;
          let least = 0;
          for (const part of parts) {
            done = rule.push(Buffer.from(part));
            expect(rule.safe).toBeGreaterThanOrEqual(least);
            least = rule.safe;
            if (done) break;
          }
          expect([parts.join('').slice(0, rule.safe), done]).toEqual(kept(stop, parts.join(''), indent, isBlank));
        },
      ),
    );
  });
});
