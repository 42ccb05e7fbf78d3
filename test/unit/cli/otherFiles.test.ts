import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadOtherFiles } from '../../../src/cli/otherFiles';
import type { Workbench } from '../../../src/cli/workbench';
import { temporaryFolder } from '../../support/folder';
import { fileEngine } from '../../support/tinyModel';

const engine = await fileEngine();
const encode = (text: string) => Array.from(engine.tokenizer.encode(Buffer.from(text)));

it('knows what stands in the files of a folder that would be read, except the one that is completed', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'src'));
  const files = {
    'src/a.ts': 'open gate(own)',
    'src/b.ts': 'open gate(other)',
    'ignored.ts': 'open gate(ignored)',
    '.gitignore': 'ignored.ts\n',
    'c.png': 'PNG\0open gate(binary)',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const bench = { engine, maxBytes: 1e6, progress: { announce: () => undefined } } as unknown as Workbench;
  const signal = new AbortController().signal;
  const otherFiles = await loadOtherFiles(bench, folder, join(folder, 'src/a.ts'), signal);
  const followed = otherFiles.matches(encode('open gate('));
  expect(followed.map(({ id }) => id)).toEqual([encode('open gate(other)')[encode('open gate(').length]]);
});
