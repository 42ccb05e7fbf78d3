import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wilson } from './statistics';

export interface HeldOutFile {
  language: string;
  name: string;
  bytes: Buffer;
}

/** Real source files of packages that no training file comes from (test/fixtures/held-out, see NOTICE.md there). */
export function heldOutFiles(root = join(__dirname, '../test/fixtures/held-out')): HeldOutFile[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((folder) =>
      readdirSync(join(root, folder.name)).map((name) => ({
        language: folder.name,
        name,
        bytes: readFileSync(join(root, folder.name, name)),
      })),
    );
}

/** 95 % Wilson interval of a share, in percent. */
export function interval(hits: number, cases: number): string {
  const { low, high } = wilson(hits, cases);
  return `${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)}`;
}
