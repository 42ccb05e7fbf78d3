import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Why WebGPU cannot work on this machine, if that is known without trying. On Linux it needs a Vulkan driver; without one, the
 * native library prints warnings on stderr, which would spoil a command's output.
 */
export async function missingGraphicsDriver(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { env } = process;
  if (env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES'] ?? env['VK_ADD_DRIVER_FILES']) return undefined;
  const roots = [
    env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'),
    env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'),
    '/etc',
    '/usr/local/etc',
    ...(env['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(':'),
    ...(env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share').split(':'),
  ];
  for (const root of roots) {
    // A folder that is missing or unreadable holds no driver that the loader could find.
    const entries = await readdir(join(root, 'vulkan', 'icd.d')).catch(() => []);
    if (entries.some((name) => name.endsWith('.json'))) return undefined;
  }
  return 'no Vulkan driver is installed';
}
