// Finds the desktop editor's command line (`code`), if there is one. Builtins only: the bootstrap uses it too.
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of `code`, or undefined. Folders that npm adds to the PATH (node_modules/.bin) are ignored. */
export function desktopEditor() {
  const names = process.platform === 'win32' ? ['code.cmd', 'code.exe'] : ['code'];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '' || folder.includes('node_modules')) continue;
    for (const name of names) {
      const path = join(folder, name);
      // code-server's own `code` helper, found on the PATH of its terminals, does not work from here.
      if (existsSync(path) && !realpathSync(path).includes('remote-cli')) return path;
    }
  }
  return undefined;
}
