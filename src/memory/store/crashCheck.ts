import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { systemCode } from '../../common';

/**
 * Exists next to the file while a process has it open, so that the next one can tell that this one was killed or
 * crashed.
 */
const MARK = /^open-(\d+)$/;

/** Checking a store of 2 GB takes a second or two; one that takes longer is assumed to be intact. Milliseconds. */
const TIME_LIMIT = 15_000;

/** Reads everything once. Damage that LMDB cannot detect ends this process, not the caller's. */
const tryOpen = `
const root = require(process.argv[1]).open({ path: process.argv[2], maxDbs: 4, mapSize: 64 * 2 ** 30, readOnly: true });
const states = root.openDB('states', { encoding: 'binary', keyEncoding: 'binary' });
for (const { key } of root.openDB('entries', { encoding: 'json', keyEncoding: 'binary' }).getRange()) states.getBinary(Buffer.from(key));
process.exit(0);`;

/**
 * Why a store must not be opened, when the process that last had it open did not end well and a check of the file in a separate
 * process fails, too. Interior damage to an LMDB file can end a process with a bus error, and would do so at every start.
 */
export function crashReason(folder: string): string | undefined {
  const stale = marks(folder).filter(({ pid }) => !isRunning(pid));
  if (stale.length === 0) return undefined;
  const library = createRequire(__filename).resolve('lmdb');
  const { status, signal, error } = spawnSync(process.execPath, ['-e', tryOpen, library, folder], {
    // In the editor, the executable is Electron and has to be told to act as Node.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: 'ignore',
    timeout: TIME_LIMIT,
    killSignal: 'SIGKILL',
  });
  if (error === undefined && status !== 0) return `checking it ended with ${signal ?? `code ${status ?? '?'}`}`;
  for (const { file } of stale) rmSync(file, { force: true });
  return undefined;
}

/** Marks the store as open in this process. Best effort: without the mark there is no check. */
export function markOpen(folder: string): void {
  try {
    writeFileSync(join(folder, `open-${process.pid}`), '');
  } catch {
    // The folder was just found writable; if that changed, the first write of a state will show it.
  }
}

/** Removes the mark when the store is closed properly. */
export function unmarkOpen(folder: string): void {
  try {
    rmSync(join(folder, `open-${process.pid}`), { force: true });
  } catch {
    // A mark that stays only costs the next opening a check of the file.
  }
}

function marks(folder: string): { file: string; pid: number }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EACCES') return [];
    throw error;
  }
  return names.flatMap((name) => {
    const match = MARK.exec(name);
    return match ? [{ file: join(folder, name), pid: Number(match[1]) }] : [];
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
