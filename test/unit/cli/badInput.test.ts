import { execFileSync, spawn } from 'node:child_process';
import { chmod, cp, mkdir, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli, type CliSetup } from '../../support/cli';
import { temporaryFolder } from '../../support/folder';
import { tinyModelDir } from '../../support/tinyModel';
import { asOrdinaryUser } from '../../support/user';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const code = (count: number): string =>
  Array.from({ length: count }, (_, i) => `const value${i} = ${i * i};\n`).join('');

async function workplace(): Promise<{ setup: CliSetup; folder: string }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'files'));
  return { setup: { cache: join(folder, 'cache') }, folder: join(folder, 'files') };
}

async function fileWith(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('input that cannot be read', () => {
  it.each(['read', 'memory'])(
    '%s: missing, empty, binary and secret files each have a message and exit code 3',
    async (command) => {
      const { setup, folder } = await workplace();
      const cases: [string, RegExp][] = [
        [join(folder, 'none.ts'), /none\.ts does not exist/],
        [await fileWith(folder, 'empty.ts', ''), /empty\.ts is empty: there is nothing to read/],
        [
          await fileWith(folder, 'a.bin', Buffer.from([1, 2, 0, 3])),
          /a\.bin is not text: it contains a zero byte at offset 2/,
        ],
        [await fileWith(folder, '.env', 'KEY=1'), /\.env looks like a secret/],
      ];
      for (const [path, message] of cases) {
        const { code: exit, out, err } = await cli(setup, command, path);
        expect(out + err).toMatch(message);
        expect(exit, path).toBe(3);
        const json = JSON.parse((await cli(setup, command, path, '--json')).out);
        expect(json.exitCode).toBe(3);
      }
    },
  );

  it('a folder without permission', async () => {
    const { setup, folder } = await workplace();
    await fileWith(folder, 'a.ts', code(3));
    await chmod(join(folder, '..'), 0o755);
    await mkdir(setup.cache);
    await chmod(setup.cache, 0o777);
    await chmod(folder, 0o000);
    await asOrdinaryUser(async () => {
      const { code: exit, out } = await cli(setup, 'read', folder);
      expect(out).toMatch(/files cannot be read: permission denied/);
      expect(exit).toBe(3);
    });
    await chmod(folder, 0o755);
  });

  it('a folder with nothing to read', async () => {
    const { setup, folder } = await workplace();
    const { code: exit, out } = await cli(setup, 'read', folder);
    expect(out).toMatch(/No readable text file in /);
    expect(exit).toBe(3);
  });

  it('UTF-16 is read, and the conversion shown', async () => {
    const { setup, folder } = await workplace();
    const path = await fileWith(folder, 'a.ts', Buffer.from(`\ufeff${code(20)}`, 'utf16le'));
    const { code: exit, out } = await cli(setup, 'read', path);
    expect(exit).toBe(0);
    expect(out).toContain('[converted from UTF-16 (little endian)]');
  });
});

describe('input that takes long', () => {
  /** Aborts as soon as the progress bar shows progress. */
  const stopEarly = (setup: CliSetup): CliSetup => {
    const controller = new AbortController();
    return {
      ...setup,
      signal: controller.signal,
      onErr: (text) => {
        if (/\] \d+ % {2}[1-9]/.test(text)) controller.abort();
      },
    };
  };

  it('a file of 50 MB is accepted, shows progress, and goes on where it was interrupted', async () => {
    const { setup, folder } = await workplace();
    const path = join(folder, 'large.ts');
    const handle = await open(path, 'w');
    const piece = Buffer.from(code(40_000));
    for (let size = 0; size < 50_000_000; size += piece.length) await handle.write(piece);
    await handle.close();

    const first = await cli(stopEarly(setup), 'read', path);
    expect(first.code).toBe(130);
    expect(first.out).toMatch(
      /interrupted in .*large\.ts: the state after [\d,]+ of [\d,]+ tokens is stored; run the same/,
    );
    const refused = await cli(setup, 'read', path, '--max-size', '40');
    expect(refused.code).toBe(3);
    expect(refused.out).toMatch(/large\.ts has 5\d MB, more than the limit of 40 MB.*--max-size/);
  });

  it('one line of 5 MB is accepted', async () => {
    const { setup, folder } = await workplace();
    const path = await fileWith(folder, 'line.js', 'var a="' + 'xyz,'.repeat(1_250_000) + '"');
    const { code: exit, out } = await cli(stopEarly(setup), 'read', path);
    expect(exit).toBe(130);
    expect(out).toMatch(/line\.js: the state after/);
  });

  it('Ctrl-C stores a checkpoint, says so, and the next run continues from there', async () => {
    const { setup, folder } = await workplace();
    const path = await fileWith(folder, 'a.ts', code(40_000));
    execFileSync(process.execPath, [join(root, 'esbuild.js'), '--only', 'cli', '--quiet'], { cwd: root });
    interface Interrupted {
      keptTokens: number;
      restoredTokens: number;
    }
    /** Interrupts a run after a while; undefined when it had hardly started. */
    const interrupt = async (milliseconds: number): Promise<Interrupted | undefined> => {
      const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'read', path, '--json'], {
        env: { ...process.env, MEMMAMBA_CACHE: setup.cache, MEMMAMBA_MODEL: tinyModelDir },
      });
      let out = '';
      child.stdout.on('data', (text: Buffer) => void (out += text.toString()));
      setTimeout(() => child.kill('SIGINT'), milliseconds);
      const code = await new Promise((resolve) => child.on('close', resolve));
      if (out === '') return undefined;
      expect(code).toBe(130);
      return JSON.parse(out).interrupted;
    };
    /** A loaded machine takes longer to get further than before. */
    const interruptAfter = async (tokens: number): Promise<Interrupted> => {
      for (let wait = 2000; ; wait *= 2) {
        const end = await interrupt(wait);
        if (end !== undefined && end.keptTokens > tokens) return end;
      }
    };
    const first = await interruptAfter(0);
    const second = await interruptAfter(first.keptTokens);
    expect(second.restoredTokens).toBe(first.keptTokens);
  });
});

describe('two processes at once', () => {
  it('share one store', async () => {
    const { setup, folder } = await workplace();
    execFileSync(process.execPath, [join(root, 'esbuild.js'), '--only', 'cli', '--quiet'], { cwd: root });
    const paths = [await fileWith(folder, 'a.ts', code(500)), await fileWith(folder, 'b.ts', code(600))];
    const reads = paths.map((path) => {
      const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'read', path], {
        env: { ...process.env, MEMMAMBA_CACHE: setup.cache, MEMMAMBA_MODEL: tinyModelDir },
        stdio: 'ignore',
      });
      return new Promise((resolve) => child.on('exit', resolve));
    });
    expect(await Promise.all(reads)).toEqual([0, 0]);
    const { out } = await cli(setup, 'read', ...paths, '--json');
    expect(JSON.parse(out).files.map((file: { readTokens: number }) => file.readTokens)).toEqual([0, 0]);
  });
});

describe('a model that cannot be used', () => {
  const hurts: [string, (folder: string) => Promise<void>, RegExp][] = [
    [
      'truncated weights',
      (folder) => truncate(join(folder, 'weights.bin'), 1000),
      /weights\.bin has 1000 bytes where its manifest says/,
    ],
    [
      'altered weights',
      async (folder) => {
        const bytes = await readFile(join(folder, 'weights.bin'));
        bytes[5000]! ^= 1;
        await writeFile(join(folder, 'weights.bin'), bytes);
      },
      /weights\.bin was altered/,
    ],
    ['a broken manifest', (folder) => writeFile(join(folder, 'manifest.json'), '{'), /manifest\.json is not valid/],
  ];

  it.each(hurts)('%s: message and exit code 4, in read and in doctor', async (_, hurt, message) => {
    const { setup, folder } = await workplace();
    const model = join(folder, 'model');
    await cp(tinyModelDir, model, { recursive: true });
    await hurt(model);
    const path = await fileWith(folder, 'a.ts', code(3));
    const read = await cli({ ...setup, model }, 'read', path);
    expect(read.err).toMatch(message);
    expect(read.code).toBe(4);
    const doctor = await cli({ ...setup, model }, 'doctor');
    expect(doctor.out).toMatch(message);
    expect(doctor.code).toBe(4);
  });

  it('a folder that is not there', async () => {
    const { setup, folder } = await workplace();
    const path = await fileWith(folder, 'a.ts', code(3));
    const { code: exit, err } = await cli({ ...setup, model: join(folder, 'none') }, 'read', path);
    expect(err).toMatch(/The model folder .*none does not exist/);
    expect(exit).toBe(4);
  });
});

describe('a store that cannot be used', () => {
  it('a cache folder that cannot be created: read, not remembered, exit code 5; asking works', async () => {
    const { folder } = await workplace();
    const path = await fileWith(folder, 'a.ts', code(100));
    const setup = { cache: join(path, 'cache') };
    const { code: exit, out, err } = await cli(setup, 'read', path);
    expect(exit).toBe(5);
    expect(err).toMatch(/^warning: the cache folder .* cannot be created .*will be lost when this process ends\n$/);
    expect(out).toMatch(/NOT KEPT/);
    expect((await cli(setup, 'ask', path, 'value77')).code).toBe(0);
    expect((await cli(setup, 'doctor')).code).toBe(5);
  });

  it('a full disk: read, not remembered, exit code 5', async (test) => {
    const { setup, folder } = await workplace();
    await mkdir(setup.cache);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4500k', 'tmpfs', setup.cache], { stdio: 'ignore' });
    } catch {
      return test.skip('mounting a small disk needs root');
    }
    onTestFinished(() => void execFileSync('umount', ['-l', setup.cache]));
    const paths: string[] = [];
    for (let i = 0; i < 14; i++) paths.push(await fileWith(folder, `a${i}.ts`, `// ${i}\n${code(700)}`));
    const { code: exit, err } = await cli(setup, 'read', ...paths);
    expect(err).toMatch(/cannot be written .*is the disk full\?.*will not be stored/);
    expect(exit).toBe(5);
  });

  it('a damaged store is set aside, and reading goes on', async () => {
    const { setup, folder } = await workplace();
    const path = await fileWith(folder, 'a.ts', code(200));
    await cli(setup, 'read', path);
    await truncate(join(setup.cache, 'store-3', 'data.mdb'), 9000);
    const { code: exit, err } = await cli(setup, 'read', path);
    expect(exit).toBe(0);
    expect(err).toMatch(/^warning: the memory store was damaged/);
    expect((await readdir(setup.cache)).filter((name) => name.startsWith('store-3.corrupt-'))).toHaveLength(1);
    expect((await cli(setup, 'read', path)).err).toBe('');
  });

  it('states of another model are left alone and named by doctor', async () => {
    const { setup, folder } = await workplace();
    const path = await fileWith(folder, 'a.ts', code(200));
    await cli(setup, 'read', path);
    const model = join(folder, 'model');
    await cp(tinyModelDir, model, { recursive: true });
    await renameModel(model);
    const { code: exit, out } = await cli({ ...setup, model }, 'read', path);
    expect(exit).toBe(0);
    expect(out).toMatch(/restored 0, read/);
    expect((await cli({ ...setup, model }, 'doctor')).out).toMatch(
      /other model +\d+ states? .* of model [0-9a-f]{12}: unused/,
    );
    expect((await cli(setup, 'read', path)).out).toMatch(/tokens {2}restored in/);
  });
});

/** Turns the same weights into another model: its id is a hash over all files of the manifest. */
async function renameModel(folder: string): Promise<void> {
  const { createHash } = await import('node:crypto');
  const file = join(folder, 'golden.json');
  const bytes = Buffer.concat([await readFile(file), Buffer.from('\n')]);
  await writeFile(file, bytes);
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  manifest.files['golden.json'].bytes = bytes.length;
  manifest.files['golden.json'].sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
}
