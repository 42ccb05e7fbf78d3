import { join, relative, resolve, sep } from 'node:path';
import { isBelow, realPath, refusedBecause } from './gate';
import { IgnoreRules } from './ignoreRules';
import { unappliedBecause, type Skipped } from './walk';

/**
 * Why a single file of a folder is left out because of its real path, its name or an ignore rule, exactly as a walk of the folder would
 * decide; undefined when it may be read. For files outside of the folder only the list of secrets counts.
 *
 * @param root folder where a walk would start
 * @param roots all folders that a link in this one may lead into, for a file that was opened; default: links are not followed, as in a
 * walk
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
  const parts = inside.split(sep);
  let at = await realPath(holder);
  let rules = await IgnoreRules.at(at);
  for (const [i, name] of parts.entries()) {
    at = join(at, name);
    const isFolder = i < parts.length - 1;
    const decision = rules.decide(at, isFolder);
    if (decision.reason !== undefined) return { path, kind: decision.reason.by, why: decision.reason.why };
    if (!isFolder) continue;
    const entered = await rules.enter(at, decision);
    if (!(entered instanceof IgnoreRules)) return { path, kind: entered.by, why: entered.why };
    rules = entered;
  }
  const why = await unappliedBecause(at);
  return why === undefined ? undefined : { path, kind: 'too-large', why };
}
