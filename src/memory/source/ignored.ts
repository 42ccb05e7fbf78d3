import { dirname, join, relative, resolve, sep } from 'node:path';
import { IgnoreRules } from './ignoreRules';
import { secretPattern } from './secrets';
import type { Skipped } from './walk';

/**
 * Why a single file of a folder is left out by its name or by an ignore rule, exactly as a walk through the folder would decide;
 * undefined when it is to be read. For files outside of the folder only the list of secrets counts.
 *
 * @param root folder where a walk would begin
 */
export async function ignoredBecause(root: string | undefined, path: string): Promise<Skipped | undefined> {
  const secret = secretPattern(path);
  if (secret !== undefined) {
    return { path, kind: 'secret', why: `looks like a secret (${secret}), and such files are never read` };
  }
  const inside = root === undefined ? '..' : relative(resolve(root), resolve(path));
  if (root === undefined || inside.startsWith('..')) return undefined;
  let folder = resolve(root);
  let rules = await IgnoreRules.at(folder);
  for (const name of dirname(inside).split(sep)) {
    if (name === '.') continue;
    folder = join(folder, name);
    const { reason, reincluded } = rules.decide(folder, true);
    if (reason !== undefined) return { path, kind: reason.by, why: reason.why };
    rules = await (reincluded ? rules.forReincluded() : rules).with(folder);
  }
  const { reason } = rules.decide(path, false);
  return reason && { path, kind: reason.by, why: reason.why };
}
