import { access } from 'node:fs/promises';

/** Whether something is at the path that this user can reach. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
