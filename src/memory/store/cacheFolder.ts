import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The store's default location: `MEMMAMBA_CACHE`, or a folder `memmamba` in the platform's cache folder. One store for all
 * projects: states are found by content, so projects share what they have in common.
 */
export function defaultCacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const chosen = environment['MEMMAMBA_CACHE'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (platform === 'win32') {
    return join(environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'memmamba', 'cache');
  }
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'memmamba');
  // The XDG specification says that a relative path must be ignored.
  const xdg = environment['XDG_CACHE_HOME'];
  return join(xdg?.startsWith('/') === true ? xdg : join(homedir(), '.cache'), 'memmamba');
}
