import { dirname, join, relative, resolve, sep } from 'node:path';
import { isBelow, realPath, refusedBecause } from './gate';
import { IgnoreRules } from './ignoreRules';
import type { Skipped } from './walk';

/**
 * Why a single file of a folder is left out by what it really is, by its name or by an ignore rule, exactly as a walk through the
 * folder would decide; undefined when it is to be read. For files outside of the folder only the list of secrets counts.
 *
 * @param root folder where a walk would begin
 * @param roots all folders into which a link in this one may lead, for a file that was opened; default: no link is followed, as in a walk
 */
export async function ignoredBecause(
  root: string | undefined,
  path: string,
  roots?: readonly string[],
): Promise<Skipped | undefined> {
  const real = await realPath(path);
  const holder = root !== undefined && isBelow(resolve(root), resolve(path)) ? root : undefined;
  const refusal = await refusedBecause(path, real, holder === undefined ? undefined : (roots ?? [holder]));
  if (refusal) return { path, ...refusal };
  if (holder === undefined) return undefined;
  const inside = relative(resolve(holder), resolve(path));
  if (roots === undefined && real !== join(await realPath(holder), inside)) {
    return { path, kind: 'link', why: `a symbolic link to ${real}; links are not followed` };
  }
  let folder = resolve(holder);
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
