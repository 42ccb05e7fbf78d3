import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  const z = 1.96;
  const p = hits / cases;
  const centre = (p + z ** 2 / (2 * cases)) / (1 + z ** 2 / cases);
  const half = (z * Math.sqrt((p * (1 - p)) / cases + z ** 2 / (4 * cases ** 2))) / (1 + z ** 2 / cases);
  return `${(100 * (centre - half)).toFixed(1)}-${(100 * (centre + half)).toFixed(1)}`;
}
