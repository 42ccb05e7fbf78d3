import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/folder';
import { cli, type CliSetup } from '../../support/cli';

const code = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `export function step${i}(x: number): number {\n  return x * ${i};\n}\n\n`,
  ).join('');

/** A project, and a cache outside it. */
async function project(files: Record<string, string>): Promise<{ setup: CliSetup; root: string }> {
  const folder = await temporaryFolder();
  const root = join(folder, 'project');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return { setup: { cache: join(folder, 'cache') }, root };
}

describe('memmamba read', () => {
  it('reads a file, restores it the second time and reads the end of it after an edit', async () => {
    const { setup, root } = await project({ 'a.ts': code(60) });
    const file = join(root, 'a.ts');
    const first = await cli(setup, 'read', file);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/a\.ts {2}[\d,]+ tokens {2}read [\d,]+ in .* tokens\/s\)/);
    expect(first.out).toMatch(/1 file, [\d,]+ tokens: restored 0, read [\d,]+\nstore: \d+ states?, .* of 2\.0 GB in /);
    expect((await cli(setup, 'read', file)).out).toMatch(/tokens {2}restored in \d+ ms/);
    await writeFile(file, `${code(60)}// edited`);
    expect((await cli(setup, 'read', file)).out).toMatch(/tokens {2}restored/);
  });

  it('reads folders, and says what was skipped and why', async () => {
    const { setup, root } = await project({
      'src/a.ts': code(5),
      'src/app.min.js': 'x',
      'src/picture.png': 'PNG\0\0\0',
      'src/empty.ts': '',
      'package-lock.json': '{}\n',
      '.env': 'KEY=1',
      '.gitignore': 'out/\n',
      'out/a.js': '',
      'node_modules/p/i.js': '',
    });
    const { code: exit, out } = await cli(setup, 'read', root, '--json');
    const report = JSON.parse(out);
    expect(exit).toBe(0);
    expect(report.files.map((f: { path: string }) => f.path.slice(root.length + 1))).toEqual([
      '.gitignore',
      'src/a.ts',
    ]);
    const skipped = Object.fromEntries(
      report.skipped.map(({ path, kind }: { path: string; kind: string }) => [path.slice(root.length + 1), kind]),
    );
    expect(skipped).toEqual({
      '.env': 'secret',
      node_modules: 'installed',
      out: 'gitignore',
      'package-lock.json': 'lock',
      'src/app.min.js': 'minified',
      'src/empty.ts': 'empty',
      'src/picture.png': 'binary',
    });
    expect(report).toMatchObject({
      provider: 'cpu',
      exitCode: 0,
      store: { mode: 'disk', persistent: true, warnings: [] },
    });
  });

  it('reads a minified file that is named', async () => {
    const { setup, root } = await project({ 'app.min.js': code(3) });
    const { code: exit, out } = await cli(setup, 'read', join(root, 'app.min.js'));
    expect(exit).toBe(0);
    expect(out).toContain('[minified: its name says');
  });

  it('reads the other files when one cannot be read, and exits with 3', async () => {
    const { setup, root } = await project({ 'a.ts': code(5) });
    const { code: exit, out } = await cli(setup, 'read', join(root, 'none.ts'), join(root, 'a.ts'));
    expect(exit).toBe(3);
    expect(out).toMatch(/a\.ts .*read/);
    expect(out).toMatch(/failed: .*none\.ts does not exist\./);
  });

  it('draws a progress bar on a terminal', async () => {
    const { setup, root } = await project({ 'a.ts': code(200) });
    let drawn = '';
    const { code: exit } = await cli({ ...setup, onErr: (text) => void (drawn += text) }, 'read', join(root, 'a.ts'));
    expect(exit).toBe(0);
    expect(drawn).toMatch(/\[#*-*\] \d+ % {2}[\d,]+ of [\d,]+ tokens/);
  });
});

describe('memmamba ask', () => {
  const constants = `${code(30)}\n// How often a failed request is tried again.\nexport const MAX_RETRIES = 7;\n\n${code(30)}`;

  it('cites the lines that answer, with line numbers', async () => {
    const { setup, root } = await project({ 'a.ts': constants });
    const line = constants.split('\n').findIndex((text) => text.includes('MAX_RETRIES')) + 1;
    for (const question of ['What is MAX_RETRIES?', 'how often is a failed request tried again?']) {
      const { code: exit, out } = await cli(setup, 'ask', join(root, 'a.ts'), question, '--json');
      expect(exit).toBe(0);
      const { found, citations } = JSON.parse(out);
      expect(found).toBe(true);
      expect(citations[0]).toMatchObject({ file: join(root, 'a.ts') });
      expect(citations[0].startLine).toBeLessThanOrEqual(line);
      expect(citations[0].endLine).toBeGreaterThanOrEqual(line);
    }
    const { out } = await cli(setup, 'ask', join(root, 'a.ts'), 'What is MAX_RETRIES?');
    expect(out).toContain(`a.ts:${line}\n`);
    expect(out).toMatch(new RegExp(`^> +${line} {2}export const MAX_RETRIES = 7;$`, 'm'));
  });

  it('says the short answer first, each sentence with its place', async () => {
    const documented = `${constants}\n/** Doubles a retry delay. Never more than a minute. */\nexport function nextDelay(delay: number): number {\n  return Math.min(60, delay * 2);\n}\n`;
    const { setup, root } = await project({ 'a.ts': documented });
    const place = (text: string): string => `${join(root, 'a.ts')}:${documented.split(text)[0]!.split('\n').length}`;
    const value = await cli(setup, 'ask', join(root, 'a.ts'), 'What is MAX_RETRIES?');
    const at = place('export const MAX_RETRIES');
    expect(value.out.slice(0, 300)).toContain(`export const MAX_RETRIES = 7;  [${at}]\n\n${at}\n`);
    const described = await cli(setup, 'ask', join(root, 'a.ts'), 'What does nextDelay do?');
    expect(described.out).toContain(`Doubles a retry delay.  [${place('export function nextDelay')}]\n`);
  });

  it('finds a definition at the top of a file of 20,000 tokens', async () => {
    const { setup, root } = await project({ 'a.ts': `export const key_qzv = 48213;\n${code(700)}` });
    const path = join(root, 'a.ts');
    const { tokens } = JSON.parse((await cli(setup, 'memory', path, '--json')).out);
    expect(tokens).toBeGreaterThan(20_000);
    const { out } = await cli(setup, 'ask', path, 'What is key_qzv?', '--json');
    expect(JSON.parse(out).citations[0]).toMatchObject({ line: 1, startLine: 1 });
  });

  it('finds the file in a folder', async () => {
    const { setup, root } = await project({
      'a.ts': code(10),
      'deep/b.ts': 'export const poolSize = 512;\n',
      'c.ts': code(9),
    });
    const { out } = await cli(setup, 'ask', root, 'which pool size?');
    expect(out).toContain(`${join(root, 'deep/b.ts')}:1`);
  });

  it('says so and exits with 1 when memory holds nothing about it', async () => {
    const { setup, root } = await project({ 'a.ts': code(30) });
    const { code: exit, out } = await cli(setup, 'ask', root, 'Where is the zorkmid frobnicator configured?');
    expect(out).toBe('not found in memory\n');
    expect(exit).toBe(1);
    const json = await cli(setup, 'ask', root, 'Where is the zorkmid frobnicator configured?', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ found: false, citations: [] });
  });
});

describe('memmamba memory', () => {
  it('lists retained tokens with their places, sortable and limited', async () => {
    const { setup, root } = await project({ 'a.ts': code(40) });
    const file = join(root, 'a.ts');
    const { code: exit, out } = await cli(setup, 'memory', file, '--json');
    expect(exit).toBe(0);
    const { retained, retainedCount, recentTokens } = JSON.parse(out);
    expect(retained.length).toBe(retainedCount);
    expect(recentTokens).toBeGreaterThanOrEqual(128);
    const lines = code(40).split('\n');
    for (const { line, column, text, layer } of retained) {
      expect([1, 3]).toContain(layer);
      if (line !== null)
        expect(code(40).slice(offset(lines, line, column))).toSatisfy((rest: string) => rest.startsWith(text));
    }
    const scores = retained.map(({ score }: { score: number }) => score);
    expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));

    const top = await cli(setup, 'memory', file, '--top', '3', '--sort', 'line');
    expect(top.out.trimEnd().split('\n')).toHaveLength(5);
    expect(top.out).toMatch(/line:col +layer +score +token/);
  });

  it('says that everything in a short file is in short-term memory', async () => {
    const { setup, root } = await project({ 'a.ts': 'let a;\n' });
    const { out } = await cli(setup, 'memory', join(root, 'a.ts'));
    expect(out).toMatch(/: \d+ tokens, 0 notes retained; the last \d+ tokens are still in short-term memory\n$/);
  });
});

describe('memmamba complete', () => {
  it('writes on one line, the same every time, restoring what it read', async () => {
    const { setup, root } = await project({ 'ä.ts': `${code(40)}const é😀 = \n${code(3)}` });
    const place = `${join(root, 'ä.ts')}:161:13`;
    const first = await cli(setup, 'complete', place, '--max-tokens', '8', '--json');
    expect(first.code).toBe(0);
    const completion = JSON.parse(first.out);
    expect(completion.tokens).toBeLessThanOrEqual(8);
    expect(completion.text).not.toContain('\n');
    const second = JSON.parse((await cli(setup, 'complete', place, '--max-tokens', '8', '--json')).out);
    expect(second).toEqual({ ...completion, restoredTokens: completion.readTokens, readTokens: 0 });
  });

  it('says which lines it considered, with shares that are together one', async () => {
    const { setup, root } = await project({ 'a.ts': `${code(4)}const pelican\n` });
    const { text, considered: candidates } = JSON.parse(
      (await cli(setup, 'complete', `${join(root, 'a.ts')}:17:14`, '--json')).out,
    );
    const shares = candidates.map(({ share }: { share: number }) => share);
    expect(shares.reduce((sum: number, share: number) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(candidates[0].text).toBe(text);
  });

  it('says when the folder with other files is not there', async () => {
    const { setup, root } = await project({ 'a.ts': code(2) });
    const { code: exit, err } = await cli(
      setup,
      'complete',
      `${join(root, 'a.ts')}:1:1`,
      '--with',
      join(root, 'nowhere'),
    );
    expect(err).toMatch(/nowhere/);
    expect(exit).toBe(3);
  });

  it('never writes half a character', async () => {
    const { setup, root } = await project({ 'a.ts': `${"const face = '😀🎉🚀';\n".repeat(12)}const face = '` });
    const place = `${join(root, 'a.ts')}:13:15`;
    for (let tokens = 1; tokens <= 12; tokens++) {
      const { out } = await cli(setup, 'complete', place, '--stop', 'none', '--max-tokens', String(tokens));
      expect(out).not.toContain('\uFFFD');
    }
    const inside = await cli(setup, 'complete', `${join(root, 'a.ts')}:1:16`);
    expect(inside.err).toMatch(/has no position 1:16: column 16 is in the middle of a character/);
    expect(inside.code).toBe(2);
  });

  it.each([
    ['1:999', /has no position 1:999: line 1 has columns 1 to/],
    ['9999:1', /has no position 9999:1: the file has \d+ lines/],
    ['0:1', /has no position 0:1/],
  ])('refuses the place %s', async (place, reason) => {
    const { setup, root } = await project({ 'a.ts': code(2) });
    const { code: exit, err } = await cli(setup, 'complete', `${join(root, 'a.ts')}:${place}`);
    expect(err).toMatch(reason);
    expect(exit).toBe(2);
  });
});

describe('memmamba doctor', () => {
  it('shows model, provider, self-test, store and what is never read', async () => {
    const { setup, root } = await project({ 'a.ts': code(40) });
    await cli(setup, 'read', root);
    const { code: exit, out } = await cli(setup, 'doctor');
    expect(exit).toBe(0);
    expect(out).toMatch(/^ok +model +tiny \([0-9a-f]{12}\) in .*every file as its manifest says$/m);
    expect(out).toMatch(/^ok +provider +cpu, .*self-test passed/m);
    expect(out).toMatch(/^ok +store +\d+ states? of 1 document/m);
    expect(out).toMatch(/^ok +never read .*id_rsa\*/m);
    expect(JSON.parse((await cli(setup, 'doctor', '--json')).out)).toMatchObject({ ok: true, model: { name: 'tiny' } });
  });
});

function offset(lines: readonly string[], line: number, column: number): number {
  return lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}
