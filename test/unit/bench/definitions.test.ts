import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/engine/random';
import { fixturePackages } from '../../../bench/corpus';
import {
  cursorOf,
  tokenizeDocument,
  writeWithState,
  writeWithWindow,
  type DefinitionCase,
} from '../../../bench/definitions/arms';
import { bundleText } from '../../../bench/definitions/document';
import { renameAll } from '../../../bench/definitions/rename';
import { report } from '../../../bench/definitions/report';
import { Snippets } from '../../../bench/definitions/snippets';
import { firstUses } from '../../../bench/definitions/uses';
import { readBlocks, promptSurprise } from '../../../bench/reading';
import { fileEngine } from '../../support/tinyModel';

const engine = await fileEngine();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const filling = (lines: number): string =>
  Array.from({ length: lines }, (_, i) => `  log('line ${i} of something else entirely');\n`).join('');

describe('uses of a definition', () => {
  const at = (text: string, name: string): string | undefined => {
    const use = firstUses(text).find((one) => one.name === name);
    return use && `${text.slice(use.definitionStart, use.definitionEnd)} | ${text.slice(use.use - 5, use.use)}`;
  };

  it('are the first mention after the only definition', () => {
    const text =
      'export const packetSize = 4;\nfunction readAll() {\n  return packetSize + packetSize;\n}\nreadAll();\n';
    expect(at(text, 'packetSize')).toBe('export const packetSize = 4; | turn ');
    expect(at(text, 'readAll')).toBe('function readAll() {\n  return packetSize + packetSize;\n} | e;\n}\n');
  });

  it('do not count when something else tells the name', () => {
    const define = 'const packetSize = 4;\n';
    const use = 'send(packetSize);\n';
    expect(at(`${define}${use}`, 'packetSize')).toBeDefined();
    expect(at(`// packetSize comes next\n${define}${use}`, 'packetSize')).toBeUndefined();
    expect(at(`${define}// packetSize is used\n${use}`, 'packetSize')).toBeUndefined();
    expect(at(`${define}log("packetSize");\n${use}`, 'packetSize')).toBeUndefined();
    expect(at(`${define}class A { packetSize() {} }\n${use}`, 'packetSize')).toBeUndefined();
    expect(at(`${use}${define}`, 'packetSize')).toBeUndefined();
    expect(at('send(packetSize);\n', 'packetSize')).toBeUndefined();
  });

  it('are looked for in a package without its imports', () => {
    const files = [
      { path: 'README.md', text: '# packetSize' },
      {
        path: 'a.ts',
        text: "import x from './x';\nimport { y } from 'y';\nexport { q } from './q';\n\nexport const a = 1;\n",
      },
      { path: 'b.js', text: "'use strict';\nconst a = require('./a');\nmodule.exports = a;\nexport { a };\n" },
    ];
    const text = bundleText({ package: 'p', split: 'test', files });
    expect(text).toBe("export const a = 1;\n\n'use strict';\nmodule.exports = a;\n");
  });
});

describe('renaming', () => {
  it('changes every whole word of a name, keeps its style, and clashes with nothing', () => {
    const text =
      'const packetSize = 4; // packetSize, not packetSizes or PACKET_SIZE\nclass HeaderReader { [packetSize] = `${packetSize}` }';
    const { text: next, renamed } = renameAll(text, ['packetSize', 'HeaderReader'], seededRandom(1));
    const [size, reader] = [renamed.get('packetSize')!, renamed.get('HeaderReader')!];
    expect(next).toBe(text.replaceAll(/\bpacketSize\b/g, size).replaceAll('HeaderReader', reader));
    expect(next).not.toMatch(/\bpacketSize\b|HeaderReader/);
    expect(next).toContain('packetSizes');
    expect(size).toMatch(/^[a-z]+[A-Z]/);
    expect(reader).toMatch(/^[A-Z][a-z]+[A-Z]/);
    // The same draw is rejected when the text contains it already.
    const again = renameAll(`${text} ${size.toUpperCase()}`, ['packetSize'], seededRandom(1));
    expect(again.renamed.get('packetSize')).not.toBe(size);
    expect(renameAll('MAX_X a_b_c', ['MAX_X', 'a_b_c'], seededRandom(2)).text).toMatch(/^[A-Z_]+ [a-z]+_[a-z_]+$/);
  });
});

describe('snippets', () => {
  it('find the definition by its words, and nothing that the window shows', () => {
    const text = `${filling(40)}function computeBridgeLoad(span) {\n  return span * 2;\n}\n${filling(40)}`;
    const cursor = `${text}  const bridgeLoad = `;
    expect(new Snippets(text).find(cursor, text.length, 2)[0]).toContain('function computeBridgeLoad');
    const before = new Snippets(text).find(cursor, 100, 5);
    expect(before.every((piece) => !piece.includes('computeBridgeLoad'))).toBe(true);
  });
});

describe('arms', () => {
  it('all write at the cursor of every use, before its name', async () => {
    const text = bundleText(
      fixturePackages(`${root}/test/fixtures/held-out`).find((one) => one.package.endsWith('typescript'))!,
    );
    const document = tokenizeDocument(engine, text.slice(0, 30_000));
    const found = firstUses(document.text).slice(0, 3);
    expect(found).toHaveLength(3);
    const uses = found.map((use) => {
      const record: DefinitionCase = { package: 'p', name: use.name, renamed: use.name, distance: 600, right: {} };
      return { ...use, case: record };
    });
    for (const use of uses) {
      const { token, prompt } = cursorOf(document, use.use);
      const read = Buffer.from(engine.tokenizer.decode(document.ids.subarray(0, token))).toString('utf8');
      expect(`${read}${prompt.toString('utf8')}`).toBe(document.text.slice(0, use.use));
      expect(document.text.startsWith(use.name, use.use)).toBe(true);
      await writeWithWindow(engine, document, use, new Snippets(document.text), undefined);
    }
    await writeWithState(engine, document, uses, true, undefined);
    await writeWithState(engine, document, uses, false, undefined);
    for (const use of uses) expect(Object.keys(use.case.right)).toHaveLength(5);
  });

  it('are as surprised as the engine says that the text is improbable', async () => {
    const ids = engine.tokenizer.encode(Buffer.from(filling(30)));
    const { state, tail } = await readBlocks(engine, engine.initialState(), ids);
    const decoder = await engine.decoder(state, tail);
    const [prompt, text] = [Buffer.from('send(1)'), ';\n'];
    const suffix = engine.tokenizer.encode(Buffer.concat([prompt, Buffer.from(text)]));
    const held = engine.tokenizer.heldBackLength(prompt);
    const shown = engine.tokenizer.encode(prompt.subarray(0, prompt.length - held)).length;
    const logs = await engine.logProbs(state, Uint32Array.of(...tail, ...suffix));
    const wanted = -logs.subarray(logs.length - (suffix.length - shown)).reduce((a, b) => a + b, 0);
    expect(await promptSurprise(decoder, engine.tokenizer, prompt, text)).toBeCloseTo(wanted, 3);
  });
});

describe('the share of the gap that notes close', () => {
  const make = (distance: number, hits: string): DefinitionCase => ({
    package: 'p',
    name: 'n',
    renamed: 'r',
    distance,
    right: Object.fromEntries(
      (['window', 'stateWithoutNotes', 'stateWithNotes', 'windowBm25', 'oracle'] as const).map((arm, i) => [
        arm,
        { bare: hits[i] === '1', oneLetter: true, nats: 10 - i - Number(hits[i]) },
      ]),
    ),
  });

  it('is measured from the window to the oracle, by distance', () => {
    // Of 10: window 1, without notes 2, with notes 5, BM25 3, oracle 9.
    const cases = ['11111', '01111', '00111', '00101', '00101', '00001', '00001', '00001', '00001', '00000'].map(
      (hits) => make(20_000, hits),
    );
    const far = report([...cases, make(600, '00000')]).find((one) => one.from === 16_384 && one.to === 65_536)!;
    expect(far.given).toBe('bare');
    expect(far.arms.oracle).toMatchObject({ hits: 9, cases: 10 });
    expect(far.closed.stateWithNotes!.share).toBeCloseTo(0.5);
    expect(far.closed.windowBm25!.share).toBeCloseTo(0.25);
    // Mean nats: window 10 - 0.1, with notes 8 - 0.5, oracle 6 - 0.9.
    expect(far.nats.window).toBeCloseTo(9.9);
    expect(far.closedNats.stateWithNotes!.share).toBeCloseTo((9.9 - 7.5) / (9.9 - 5.1));
    expect(far.closed.stateWithNotes!.low).toBeLessThan(0.5);
    expect(far.closed.stateWithNotes!.high).toBeGreaterThan(0.5);
  });

  it('is unknown where the oracle is no better than the window', () => {
    const [near] = report([make(600, '00111')]);
    expect(near!.closed.stateWithNotes).toMatchObject({ share: 1 });
    expect(report([make(600, '10101')])[0]!.closed).toEqual({});
  });
});
