import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, type CliResult } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';
import { plantedKeys, privateKeyBlock } from '../../support/keys';

/** A folder with these files, and the program that runs on it. */
async function folderWith(
  files: Record<string, string | Uint8Array>,
): Promise<(...args: string[]) => Promise<CliResult>> {
  const above = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    const path = join(above, 'files', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return (command, ...args) => cli({ cache: join(above, 'cache') }, command, join(above, 'files'), ...args);
}

describe('what stands in files', () => {
  it('cannot command the terminal', async () => {
    const run = await folderWith({
      'title.ts': '// The retry limit.\nconst retryLimit = 3; // \x1b]0;x\x07\x1b[2K\x9b0m\n',
      'line.ts': 'const lineWidth = 80;\rconst fake = 1; // \u202egnp.exe\n',
    });
    for (const question of ['what is retryLimit?', 'what is lineWidth?']) {
      const { out } = await run('ask', question);
      // eslint-disable-next-line no-control-regex -- what a terminal obeys
      expect(out).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    }
    expect((await run('ask', 'what is retryLimit?')).out).toContain('\\x1b]0;x\\x07\\x1b[2K');
  });

  it('floods nothing with one long line', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `(${i}, 'customer ${i}', ${i * 7})`).join(', ');
    const run = await folderWith({
      'seed.sql': `-- Customers of the demo.\nINSERT INTO customers VALUES ${rows} ON CONFLICT reprice_orders;\n`,
      'feed.xml': `<a>${'<b c="d"/>'.repeat(800)}<invoiceTotal/>${'<b c="d"/>'.repeat(800)}</a>\n`,
      'logo.py': `LOGO_BYTES = "${Buffer.alloc(6000, 'picture').toString('base64')}"\n`,
    });
    for (const question of ['where is reprice_orders?', 'where is invoiceTotal?', 'what is LOGO_BYTES?']) {
      const { out } = await run('ask', question);
      const word = question.split(' ').at(-1)!.slice(0, -1);
      expect(out.length).toBeLessThan(6000);
      expect(out).toContain(word);
      expect(out).toContain('…');
    }
  });

  it('that are keys is in no output', async () => {
    const run = await folderWith({
      'client.ts': `/** Connects to the payment service. */\nexport function connectPayment() {\n  return open('${plantedKeys[0]!}');\n}\n`,
      'notes.md': plantedKeys.map((key) => `- the payment key: ${key}\n`).join(''),
      'deploy.log': `${privateKeyBlock}\npayment deployed\n`,
    });
    const outputs = [
      await run('read', '--verbose'),
      await run('ask', 'which payment key?'),
      await run('ask', 'where is payment deployed?', '--json'),
    ];
    for (const { out, err } of outputs) {
      for (const key of plantedKeys) expect(out + err).not.toContain(key.slice(-16));
      expect(out + err).not.toContain(privateKeyBlock.split('\n')[1]);
    }
    expect(outputs[1]!.out).toContain('****');
    expect(outputs[0]!.out).toContain('keys in it were left out');
  });
});

describe('names of files', () => {
  it.skipIf(process.platform === 'win32')('cannot pass for lines of the output', async () => {
    const run = await folderWith({
      'a\nskipped fake.ts: harmless': 'const a = 1;\n',
      'b\x1b[2K.ts': 'const secondName = 2;\n',
      'c\r.bin': Buffer.from([0, 1, 2]),
    });
    const { out } = await run('read');
    expect(out).not.toMatch(/^skipped fake/m);
    expect(out).toContain('a\\nskipped fake.ts: harmless');
    expect(out).toContain('b\\x1b[2K.ts');
    expect(out).toMatch(/^skipped .*c\\r\.bin: /m);
    expect((await run('ask', 'secondName')).out).toContain('b\\x1b[2K.ts:1');
  });
});

describe('text in any script', () => {
  it.each([
    ['zh.py', '# 计算剩余金额\ndef remaining(total, paid):\n    return total - paid\n', '如何计算剩余金额？', 2],
    [
      'ja.py',
      '# 残りの金額を計算する\ndef remaining(total, paid):\n    return total - paid\n',
      '残りの金額はどう計算しますか？',
      2,
    ],
    [
      'ko.py',
      '# 남은 금액을 계산한다\ndef remaining(total, paid):\n    return total - paid\n',
      '남은 금액은 어떻게 계산하나요?',
      2,
    ],
    ['th.py', '# คำนวณยอดเงินคงเหลือ\ndef remaining(total, paid):\n    return total - paid\n', 'คำนวณยอดเงินอย่างไร', 2],
    ['tr.py', '# İstanbul offices\nISTANBUL_OFFICES = 4\n', 'istanbul offices', 1],
    ['de.py', '# Straße und Größe\nWIDTH = 4\n', 'strasse und grosse', 1],
    ['nfd.py', `# ${'Café prices'.normalize('NFD')}\nPRICES = 4\n`, 'café prices'.normalize('NFC'), 1],
    ['nfc.py', `# ${'Café prices'.normalize('NFC')}\nPRICES = 4\n`, 'café prices'.normalize('NFD'), 1],
  ])('is found: %s', async (name, text, question, line) => {
    const run = await folderWith({ [name]: text, 'other.py': 'def send(message):\n    queue.put(message)\n' });
    const { citations } = JSON.parse((await run('ask', question, '--json')).out) as {
      citations: { file: string; line: number; startLine: number }[];
    };
    expect(citations[0]?.file).toMatch(new RegExp(`${name}$`));
    expect(citations[0]!.startLine).toBeLessThanOrEqual(line);
    expect(citations[0]!.line).toBeGreaterThanOrEqual(line);
  });

  it.each([
    [
      'cr.js',
      '// The limits.\rconst maxRetries = 3;\rfunction send(url) {\r  return url;\r}\r',
      'what is maxRetries?',
      2,
    ],
    [
      'mixed.js',
      '// The limits.\rconst other = 1;\nfunction sendAll(url) {\r  return url;\r}\r\n',
      'where is sendAll?',
      3,
    ],
    [
      'long.js',
      `${'const filler = compute(1, 2, 3);\r'.repeat(200)}function lastOne() {\r  return 1;\r}\r`,
      'where is lastOne?',
      201,
    ],
  ])('has its lines where a lone CR ends them: %s', async (name, text, question, line) => {
    const run = await folderWith({ [name]: text });
    expect((await run('ask', question)).out).toContain(`${name}:${line}`);
  });
});
