import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, type CliSetup } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';

const code = (count: number): string =>
  Array.from({ length: count }, (_, i) => `export const step${i} = (x: number): number => x * ${i};\n`).join('');

async function file(name: string, content: string): Promise<{ setup: CliSetup; path: string; page: string }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'project'));
  const path = join(folder, 'project', name);
  await writeFile(path, content);
  return { setup: { cache: join(folder, 'cache') }, path, page: join(folder, 'out.html') };
}

/** Walks the tags of a page and expects each to be closed in order; returns all start tags. */
function wellFormed(source: string): { tag: string; attributes: string }[] {
  const body = source.replace(/^<!DOCTYPE html>\n/, '').replace(/<style>[^<]*<\/style>/, '');
  const open: string[] = [];
  const starts: { tag: string; attributes: string }[] = [];
  for (const [whole, end, tag, attributes] of body.matchAll(/<(\/?)([\w-]+)([^<>]*)>|[<>]/g)) {
    if (tag === undefined) throw new Error(`a lone ${whole}`);
    if (end) {
      expect(open.pop()).toBe(tag);
      continue;
    }
    expect(attributes).toMatch(/^( [\w:-]+="[^"<>]*")*$/);
    starts.push({ tag, attributes: attributes! });
    if (tag !== 'meta') open.push(tag);
  }
  expect(open).toEqual([]);
  return starts;
}

describe('memmamba memory --html', () => {
  it('writes one page that holds what --json holds, and needs nothing else', async () => {
    const { setup, path, page } = await file('a.ts', code(200));
    const result = await cli(setup, 'memory', path, '--html', page, '--json');
    expect(result).toMatchObject({ code: 0, err: '' });
    const json = JSON.parse(result.out);
    expect(json.html).toBe(page);
    const source = await readFile(page, 'utf8');
    const tags = wellFormed(source);
    expect(new Set(tags.map(({ tag }) => tag))).not.toContain('script');
    expect(source).not.toMatch(/<link|<img|<iframe|@import|url\(/);
    expect(
      source.match(/https?:\/\/[^"<\s]*/g)?.filter((address) => !address.startsWith('http://www.w3.org/')),
    ).toEqual([]);
    // Every note is a row, every pool a table under its layer.
    expect(tags.filter(({ tag, attributes }) => tag === 'tr' && attributes.includes('data-position'))).toHaveLength(
      json.retainedCount,
    );
    expect(json.layers).toEqual([1, 3]);
    // Notes in a stored state that are gone at the end are listed, and are not among the kept ones.
    expect(json.evicted.length).toBeGreaterThan(0);
    const keys = (notes: { layer: number; position: number }[]): string[] =>
      notes.map((n) => `${n.layer} ${n.position}`);
    const kept = new Set(keys(json.retained));
    expect(keys(json.evicted).filter((key) => kept.has(key))).toEqual([]);
    for (const { position, until } of json.evicted) {
      expect(position).toBeLessThan(until);
      expect(json.checkpoints).toContain(until);
    }
    expect(source).toContain('Notes displaced by better ones');
    for (const layer of json.layers) expect(source).toContain(`Pool of layer ${layer}: `);
    expect(json.retained.every(({ slot, age }: { slot: number; age: number }) => slot >= 0 && age > 0)).toBe(true);
    expect(source).toContain('Not measured. Run the command with --fidelity');
    expect(json).not.toHaveProperty('fidelity');
  });

  it('has a policy that allows its own style sheet and nothing else', async () => {
    const { setup, path, page } = await file('a.ts', code(60));
    await cli(setup, 'memory', path, '--html', page);
    const source = await readFile(page, 'utf8');
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(source)![1]!.replaceAll('&#39;', "'");
    const style = /<style>([^<]*)<\/style>/.exec(source)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
    // The policy precedes everything it could forbid, and no attribute would break it.
    expect(source.indexOf('Content-Security-Policy')).toBeLessThan(source.indexOf('<style>'));
    for (const { attributes } of wellFormed(source)) expect(attributes).not.toMatch(/ (style|on\w+)=/);
  });

  it.each([
    ['<img src=x onerror=alert(1)>.ts'],
    ['a"onload="alert(1).ts'],
    ["' autofocus onfocus='alert(1).ts"],
    ['\u202egpj.ts'],
    ['</title><svg onload=alert(1)>.ts'.replaceAll('/', '\u2215')],
  ])('shows the file name %j as text', async (name) => {
    const { setup, path, page } = await file(name, code(40));
    const result = await cli(setup, 'memory', path, '--html', page);
    expect(result.code).toBe(0);
    const source = await readFile(page, 'utf8');
    const tags = wellFormed(source).map(({ tag }) => tag);
    expect(tags.filter((tag) => ['img', 'script'].includes(tag))).toEqual([]);
    expect(tags.filter((tag) => tag === 'svg')).toHaveLength(1);
    expect(source).not.toContain('\u202e');
  });

  it('shows hostile content as text', async () => {
    const attacks = [
      '<script>alert(1)</script>',
      '</style><script>x</script>',
      '--><img src=x onerror=y>',
      '"><b onmouseover=z>',
      '&#60;i&#62;',
      '\u202e\u2066',
      '\u0001\u001b[31m',
    ];
    const content = Array.from({ length: 90 }, (_, i) => `let v${i} = \`${attacks[i % attacks.length]!}\`; // ${i}\n`);
    const { setup, path, page } = await file('a.ts', content.join(''));
    expect((await cli(setup, 'memory', path, '--html', page)).code).toBe(0);
    const source = await readFile(page, 'utf8');
    const tags = new Set(wellFormed(source).map(({ tag }) => tag));
    for (const tag of ['script', 'img', 'b', 'i']) expect(tags).not.toContain(tag);
    expect(source.match(/<style>/g)).toHaveLength(1);
    expect(source).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(source).not.toContain('\u001b');
  });

  it('follows the system: light, dark and forced colours; nothing is told by colour alone', async () => {
    const { setup, path, page } = await file('a.ts', code(60));
    await cli(setup, 'memory', path, '--html', page);
    const source = await readFile(page, 'utf8');
    expect(source).toContain('@media (prefers-color-scheme: dark)');
    expect(source).toContain('@media (forced-colors: active)');
    const tags = wellFormed(source);
    expect(tags.find(({ tag }) => tag === 'html')?.attributes).toBe(' lang="en"');
    expect(tags.find(({ tag }) => tag === 'svg')?.attributes).toMatch(/role="img" aria-label="Map of /);
    expect(tags.filter(({ tag }) => tag === 'h1')).toHaveLength(1);
    for (const { tag, attributes } of tags) if (tag === 'th') expect(attributes).toMatch(/ scope="(col|row)"/);
  });

  it('says where it could not write', async () => {
    const { setup, path, page } = await file('a.ts', code(5));
    const result = await cli(setup, 'memory', path, '--html', join(page, 'none', 'x.html'));
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/x\.html cannot be written: /);
  });
});

describe('memmamba memory --fidelity', () => {
  it('measures, prints and puts the figures on the page; the same seed gives the same ones', async () => {
    const { setup, path, page } = await file('a.ts', code(200));
    const options = ['memory', path, '--fidelity', '--samples', '24', '--top', '1'];
    const json = JSON.parse((await cli(setup, ...options, '--html', page, '--json')).out);
    expect(json.fidelity.samples.length).toBeGreaterThanOrEqual(24);
    expect(json.fidelity.curve.length).toBeGreaterThan(1);
    const source = await readFile(page, 'utf8');
    wellFormed(source);
    const { mean, low, high } = json.fidelity.functional.score;
    expect(source).toContain(`${mean.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`);
    expect(source).toContain('Fidelity by distance from the end of the file');
    expect(source).not.toContain('Not measured. Run');

    const { out, code: exit } = await cli(setup, ...options);
    expect(exit).toBe(0);
    expect(out).toContain(
      `Predicted from memory (ETMF-b): ${mean.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}`,
    );
    expect(out).toMatch(/From layer to layer \(ECLMF\) 1 to 3: CKA 0\.\d{3}, at least \d+ % of the information/);
    expect(out).toMatch(/how well this predicts recall has not been measured for this model/);
    expect(out).toMatch(/0-255 +before the end: ETMF-a -?\d\.\d\d, ETMF-b -?\d\.\d\d, held \d+ % of \d+/);
    const again = JSON.parse((await cli(setup, ...options, '--json')).out);
    expect(again.fidelity).toEqual(json.fidelity);
  });

  it('says that a file shorter than a block is too short', async () => {
    const { setup, path } = await file('a.ts', 'let a;\n');
    const { out, code: exit } = await cli(setup, 'memory', path, '--fidelity');
    expect(exit).toBe(0);
    expect(out).toContain('Predicted from memory (ETMF-b): not measured: the text is too short');
  });

  it('ends when it is interrupted', async () => {
    const { setup, path } = await file('a.ts', code(200));
    await cli(setup, 'read', path);
    const controller = new AbortController();
    const { code: exit } = await cli(
      {
        ...setup,
        signal: controller.signal,
        onErr: (text) => {
          if (text.includes('measuring fidelity: 3 of')) controller.abort();
        },
      },
      'memory',
      path,
      '--fidelity',
    );
    expect(exit).toBe(130);
  });
});
