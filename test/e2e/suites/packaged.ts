import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installExtension, makeProfile } from '../../../scripts/code-server.mjs';
import { vsix } from '../vsix';

interface Manifest {
  files: Record<string, { bytes: number; sha256: string }>;
}

/** What is in the packaged file. */
export function packaged(): void {
  suite('the packaged extension', () => {
    let home: string;
    let extension: string;
    let files: string[];

    suiteSetup(() => {
      home = mkdtempSync(join(tmpdir(), 'memmamba-e2e-'));
      installExtension(makeProfile(home, {}), vsix());
      const folder = readdirSync(join(home, 'extensions')).find((name) => name.startsWith('memmamba.'));
      assert.ok(folder !== undefined, 'it was not installed');
      extension = join(home, 'extensions', folder);
      files = readdirSync(extension, { recursive: true, encoding: 'utf8' });
    });
    suiteTeardown(() => rmSync(home, { recursive: true, force: true }));

    test('is smaller than 60 MB', () => {
      const megabytes = statSync(vsix()).size / 1e6;
      assert.ok(megabytes < 60, `${megabytes.toFixed(1)} MB`);
    });

    test('holds native files of this platform only', () => {
      const native = files.filter((path) => /\.(node|so(\.\d+)*|dylib|dll)$/.test(path));
      const { platform, arch } = process;
      assert.ok(native.some((path) => path.includes('onnxruntime_binding')));
      assert.ok(native.some((path) => path.includes('lmdb')));
      for (const path of native) {
        assert.ok(path.includes(`${platform}/${arch}`) || path.includes(`${platform}-${arch}`), path);
      }
    });

    test('holds nothing that only developers need', () => {
      const extra = files.filter(
        (path) => /\.(map|ts|py|pt|md)$/.test(path) && !/(README|CHANGELOG|SOURCES|walkthrough)/i.test(path),
      );
      assert.deepEqual(extra, []);
      assert.ok(!files.some((path) => /^(src|test|scripts|node_modules)(\/|$)/.test(path)));
    });

    test('holds a page for its users, and the notices of third parties', () => {
      const page = readFileSync(join(extension, 'readme.md'), 'utf8');
      assert.equal(page, readFileSync('docs/extension.md', 'utf8'));
      assert.ok(!page.includes('npm '), 'it tells users to build it');
      const notices = readFileSync(join(extension, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
      for (const name of ['onnxruntime-node', 'tree-sitter-typescript', 'zod']) assert.ok(notices.includes(name), name);
    });

    test('holds the model that its manifest describes', () => {
      const manifestPath = files.find((path) => /^models\/[^/]+\/manifest\.json$/.test(path));
      assert.ok(manifestPath !== undefined, 'there is no model');
      const manifest = JSON.parse(readFileSync(join(extension, manifestPath), 'utf8')) as Manifest;
      for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
        const content: Buffer = readFileSync(join(extension, manifestPath, '..', name));
        assert.equal(content.length, bytes, name);
        assert.equal(createHash('sha256').update(content).digest('hex'), sha256, name);
      }
    });
  });
}
