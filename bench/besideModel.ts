import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stores weights fitted to a model in its folder, as JSON, and in its manifest. */
export function installBeside(modelDir: string, name: string, content: object): void {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(join(modelDir, name), text);
  const path = join(modelDir, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, object> };
  const sha256 = createHash('sha256').update(text).digest('hex');
  manifest.files[name] = { ...manifest.files[name], bytes: Buffer.byteLength(text), sha256 };
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
