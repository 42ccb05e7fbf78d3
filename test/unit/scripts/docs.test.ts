import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flows } from '../../../scripts/drawing.mjs';
import { update } from '../../../scripts/docs.mjs';
import { readTables, wilson } from '../../../scripts/figures.mjs';

const root = join(__dirname, '../../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

/** Third-party folders, build output, and files that only look like ours. */
const foreign =
  /^(node_modules|dist|coverage|\.cache|\.git|test\/fixtures|test\/editor\/node_modules|test\/e2e\/output)(\/|$)/;

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (foreign.test(name) || entry.name === 'node_modules') return [];
    if (entry.isDirectory()) return filesBelow(name, ending);
    return ending.test(name) ? [name] : [];
  });
}

const documents = filesBelow('', /\.md$/).filter((name) => !name.endsWith('SOURCES.md'));

/** Documents for people; the log of experiments and the recipes of training have their own format. */
const forPeople = documents.filter((name) => /^([^/]*|docs\/.*|models\/memmamba-[^/]*\/.*)$/.test(name));

/** Text without code blocks, in which brackets are not links. */
const prose = (name: string) => read(name).replace(/^```[^]*?^```/gm, '');

describe('documents', () => {
  it('hold what the results of the benches and the manifest say: npm run docs', () => {
    expect(update(true)).toEqual([]);
  });

  it('say of every folder of src/ why it is there', () => {
    const silent = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((folder) => !existsSync(join(folder, 'README.md')));
    expect(silent).toEqual([]);
  });

  it('link to nothing that is not there', () => {
    const broken = documents.flatMap((name) =>
      [...prose(name).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target!)
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(name), target)))
        .map((target) => `${name}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('name no path that is not there', () => {
    const named = /`((?:src|bench|scripts|test|docs|media|models|l10n)\/[\w./-]+)`/g;
    const missing = forPeople.flatMap((name) =>
      [...read(name).matchAll(named)]
        .map(([, path]) => path!)
        .filter(
          (path) =>
            !path.includes('NAME') && !existsSync(join(root, path)) && !existsSync(join(root, dirname(name), path)),
        )
        .map((path) => `${name}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('name no file of a folder of src/ that is not there', () => {
    const missing = filesBelow('src', /README\.md$/).flatMap((name) =>
      [...read(name).matchAll(/`([\w./-]+\.ts)`/g)]
        .map(([, path]) => path!)
        .filter((path) => path !== 'index.ts')
        .filter(
          (path) =>
            ![dirname(name), dirname(dirname(name)), 'src', ''].some((from) => existsSync(join(root, from, path))),
        )
        .map((path) => `${name}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('name for every claim a test that is there', () => {
    const claims = forPeople.flatMap((name) =>
      [...read(name).matchAll(/^\| Claim \| Test \|\n\|.*\|\n((?:\|.*\|\n)+)/gm)].flatMap(([, rows]) =>
        rows!.trimEnd().split('\n'),
      ),
    );
    expect(claims.length).toBeGreaterThan(10);
    const test = /\| `(test\/[\w./-]+\.ts)` \|$/;
    expect(claims.filter((row) => !existsSync(join(root, test.exec(row)?.[1] ?? 'none')))).toEqual([]);
  });

  it('name commands and settings as they are called', () => {
    const titles = new Set(Object.values(JSON.parse(read('package.nls.json')) as Record<string, string>));
    const settings = Object.keys(
      (JSON.parse(read('package.json')) as { contributes: { configuration: { properties: object } } }).contributes
        .configuration.properties,
    );
    const wrong = forPeople.flatMap((name) => {
      const text = read(name);
      const commands = [...text.matchAll(/\*\*MemMamba: ([^*]+)\*\*/g)].map(([, title]) => title!);
      const keys = [...text.matchAll(/`(memmamba\.[a-z]+\.[a-zA-Z]+)`/g)].map(([, key]) => key!);
      return [...commands.filter((title) => !titles.has(title)), ...keys.filter((key) => !settings.includes(key))].map(
        (wording) => `${name}: ${wording}`,
      );
    });
    expect(wrong).toEqual([]);
  });

  it('are named in code only where they exist', () => {
    const sources = filesBelow('', /\.(ts|mts|mjs|js|py)$/);
    const missing = sources.flatMap((name) =>
      [...read(name).matchAll(/(?<![\w.*{}$/])((?:\.{1,2}\/)*(?:[\w-]+\/)*[A-Z][\w-]*\.md)\b/g)]
        .map(([, path]) => path!)
        .filter(
          (path) =>
            ![dirname(name), '', 'models/training', 'test/fixtures/held-out'].some((from) =>
              existsSync(join(root, normalize(join(from, path)))),
            ),
        )
        .map((path) => `${name}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('have no cell of a table that is longer than 120 characters', () => {
    const long = forPeople.flatMap((name) =>
      prose(name)
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .flatMap((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
        .filter((cell) => cell.length > 120)
        .map((cell) => `${name}: ${cell}`),
    );
    expect(long).toEqual([]);
  });

  it('say of every figure by which command it was measured, with which weights and when', () => {
    const tables = readTables(join(root, 'bench/results'));
    for (const [name, { rows, notes }] of Object.entries(tables)) {
      expect(rows.length, name).toBeGreaterThan(0);
      for (const { what, figure, command } of rows) {
        expect(command, `${name}: ${what}`).toMatch(/^npm (run|test)/);
        expect(figure, `${name}: ${what}`).not.toMatch(/NaN|undefined/);
      }
      for (const note of notes) expect(note, name).toMatch(/^Measured \d{4}-\d\d-\d\d with .*weights|tiny model/);
    }
  });

  it('follow an edit and a question through at most seven files, which are there', () => {
    for (const { title, steps } of Object.values(flows)) {
      expect(steps.length, title).toBeLessThanOrEqual(7);
      expect(steps.map(([path]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
    }
  });

  it('have the intervals of Wilson for shares', () => {
    const { low, high } = wilson(53, 300);
    expect([low, high].map((value) => value.toFixed(4))).toEqual(['0.1377', '0.2238']);
  });
});
