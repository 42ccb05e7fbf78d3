import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSource } from '../../../../src/memory';
import { temporaryFolder } from '../../../support/folder';
import { asOrdinaryUser } from '../../../support/user';

async function fileWith(content: string | Uint8Array, name = 'a.ts'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

const bom = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

describe('readSource', () => {
  it('returns UTF-8 byte for byte, invalid sequences included', async () => {
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x0d, 0x0a]);
    const source = await readSource(await fileWith(bytes));
    expect(Buffer.from(source.bytes)).toEqual(bytes);
    expect(source).toMatchObject({ basename: 'a.ts', encoding: 'utf-8', notes: [] });
  });

  it('leaves out a UTF-8 byte order mark and says so', async () => {
    const source = await readSource(await fileWith(Buffer.from('\ufeffhello\n')));
    expect(Buffer.from(source.bytes).toString()).toBe('hello\n');
    expect(source.notes).toEqual(['the byte order mark was left out']);
  });

  it.each([
    ['utf-16le', bom('día 😀\r\n')],
    ['utf-16be', bom('día 😀\r\n').swap16()],
  ])('converts %s', async (encoding, bytes) => {
    const source = await readSource(await fileWith(bytes));
    expect(Buffer.from(source.bytes).toString()).toBe('día 😀\r\n');
    expect(source.encoding).toBe(encoding);
    expect(source.notes[0]).toContain('converted from UTF-16');
  });

  it('recognises UTF-16 without a mark in the reason', async () => {
    const path = await fileWith(Buffer.from('const a = 1;\n', 'utf16le'));
    await expect(readSource(path)).rejects.toMatchObject({
      code: 'file-binary',
      message: expect.stringContaining('UTF-16 without a byte order mark'),
    });
  });

  it.each([
    ['zero bytes', Buffer.from('PNG\0\0\0\x01 data')],
    ['control characters', Buffer.alloc(300, 1)],
  ])('refuses binary content with %s', async (_, bytes) => {
    await expect(readSource(await fileWith(bytes))).rejects.toMatchObject({ code: 'file-binary', exitCode: 3 });
  });

  it('takes escape sequences in logs for text', async () => {
    const source = await readSource(await fileWith('\x1b[31mred\x1b[0m\n'.repeat(50)));
    expect(source.bytes.length).toBe(650);
  });

  it('tells a missing file, a folder, an empty file and a lone byte order mark apart', async () => {
    const folder = await temporaryFolder();
    await expect(readSource(join(folder, 'none.ts'))).rejects.toMatchObject({ code: 'file-missing' });
    await expect(readSource(folder)).rejects.toMatchObject({ code: 'file-is-folder' });
    await expect(readSource(await fileWith(''))).rejects.toMatchObject({ code: 'file-empty' });
    await expect(readSource(await fileWith(Buffer.from('\ufeff')))).rejects.toMatchObject({ code: 'file-empty' });
    await expect(readSource(join(await fileWith('x'), 'inside.ts'))).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('does not wait for ever on a pipe', async () => {
    const path = join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(readSource(path)).rejects.toMatchObject({ code: 'not-a-file' });
  });

  it('reports a link that leads to itself', async () => {
    const path = join(await temporaryFolder(), 'loop');
    await symlink(path, path);
    await expect(readSource(path)).rejects.toMatchObject({ code: 'link-loop' });
  });

  it('reports a file without read permission', async () => {
    const path = await fileWith('x');
    await chmod(join(path, '..'), 0o755);
    await chmod(path, 0o000);
    await asOrdinaryUser(() => expect(readSource(path)).rejects.toMatchObject({ code: 'no-permission', exitCode: 3 }));
  });

  it('refuses what is over the limit, names both sizes and the option', async () => {
    const path = await fileWith('0123456789');
    await truncate(path, 70_000_000);
    await expect(readSource(path)).rejects.toMatchObject({
      code: 'file-too-large',
      message: expect.stringMatching(/70 MB, more than the limit of 64 MB/),
      hint: expect.stringContaining('--max-size'),
    });
  });

  it('accepts a line of 5 MB', async () => {
    const source = await readSource(await fileWith('x'.repeat(5_000_000)));
    expect(source.bytes.length).toBe(5_000_000);
  });

  it.each(['.env', 'prod.env', '.env.local', 'server.pem', 'id_rsa', 'ID_RSA.pub', '.npmrc', 'credentials'])(
    'never opens %s',
    async (name) => {
      const path = await fileWith('SECRET=1', name);
      await expect(readSource(path)).rejects.toMatchObject({ code: 'file-secret', exitCode: 3 });
    },
  );

  it('never opens a secret through a link with a harmless name', async () => {
    const secret = await fileWith('SECRET=1', '.env');
    const link = join(secret, '../notes.txt');
    await symlink(secret, link);
    await expect(readSource(link)).rejects.toMatchObject({ code: 'file-secret' });
  });

  it('reads an example of an env file, and code in a folder called credentials', async () => {
    expect((await readSource(await fileWith('A=', '.env.example'))).bytes.length).toBe(2);
    const folder = join(await temporaryFolder(), 'credentials');
    await mkdir(folder);
    await writeFile(join(folder, 'index.ts'), 'code');
    expect((await readSource(join(folder, 'index.ts'))).bytes.length).toBe(4);
  });
});
