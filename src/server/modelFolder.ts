import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The model that ships with the extension. */
export const SHIPPED_MODEL = 'memmamba-small';

/**
 * Folder of the model's files: the setting, else the environment variable MEMMAMBA_MODEL, else the shipped model next to the
 * bundle.
 */
export function modelFolder(chosen: string, environment: NodeJS.ProcessEnv = process.env): string {
  if (chosen !== '') return resolve(chosen);
  const fromEnvironment = environment['MEMMAMBA_MODEL'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return resolve(fromEnvironment);
  const shipped = join(__dirname, '..', 'models', SHIPPED_MODEL);
  return existsSync(shipped) ? shipped : join(__dirname, 'models', SHIPPED_MODEL);
}
