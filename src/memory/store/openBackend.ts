import { access, mkdir, rename, statfs } from 'node:fs/promises';
import { constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describeError, formatBytes, systemCode } from '../../common';
import { exists } from '../exists';
import { HeapBackend, type Backend } from './backend';
import { crashReason, markOpen } from './crashCheck';
import { damage } from './damage';
import { LmdbBackend, NewerFormatError } from './lmdbBackend';

/** Where entries are stored: on disk, on disk but read-only, or in this process only. */
export type StoreMode = 'disk' | 'read-only' | 'memory';

export interface OpenedBackend {
  backend: Backend;
  mode: StoreMode;
  /** What the user must know: why the store is not on disk, or that a damaged one was set aside. */
  warnings: string[];
}

/** With less free space than this, no new file is created: LMDB's lock file is mapped, and a full disk would crash the process. */
const MIN_FREE_BYTES = 4_000_000;

/** How often a file that seems damaged is checked again, and after how many milliseconds each. */
const [CHECKS, CHECK_INTERVAL] = [5, 100];

/** Its presence in the store's folder says that the file was found damaged while in use. */
const DAMAGE_MARK = 'damaged';

/** Opens the store in `folder` as well as possible. Never throws for the state of the disk. */
export async function openBackend(folder: string): Promise<OpenedBackend> {
  const warnings: string[] = [];
  const inMemory = (why: string): OpenedBackend => {
    warnings.push(`${why}; new memory will be lost when this process ends`);
    return { backend: new HeapBackend(), mode: 'memory', warnings };
  };
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if (!isDenied(error)) return inMemory(`the cache folder ${folder} cannot be created (${describeError(error)})`);
  }
  try {
    await setAsideIfDamaged(folder, warnings);
    const existed = await exists(join(folder, 'data.mdb'));
    if (await isWritable(folder)) {
      const free = await freeBytes(folder);
      if (!existed && free < MIN_FREE_BYTES) {
        return inMemory(`the disk of the cache folder ${folder} is full (${formatBytes(free)} free)`);
      }
      const backend = await openWritable(folder, warnings);
      markOpen(folder);
      return { backend, mode: 'disk', warnings };
    }
    if (!existed) return inMemory(`the cache folder ${folder} is read-only`);
    const backend = LmdbBackend.open(folder, true);
    warnings.push(`the cache folder ${folder} is read-only: stored states are used, new ones are not saved`);
    return { backend, mode: 'read-only', warnings };
  } catch (error) {
    if (error instanceof NewerFormatError) {
      return inMemory(`the memory store in ${folder} was written by a newer version of MemMamba and is left alone`);
    }
    // LMDB also answers this for another user's folder: it needs to write its lock file even for reading (except on a read-only
    // file system, where nobody else can write either).
    return inMemory(`the memory store in ${folder} cannot be opened (${describeError(error)})`);
  }
}

/** Opens the file, or creates a new one when LMDB finds it damaged. */
async function openWritable(folder: string, warnings: string[]): Promise<LmdbBackend> {
  try {
    return LmdbBackend.open(folder, false);
  } catch (error) {
    if (!/MDB_(CORRUPTED|PAGE_NOTFOUND|INVALID|VERSION_MISMATCH|PANIC|BAD_)/.test(describeError(error))) throw error;
    await setAside(folder, describeError(error), warnings);
    return LmdbBackend.open(folder, false);
  }
}

async function setAsideIfDamaged(folder: string, warnings: string[]): Promise<void> {
  const why = (await exists(join(folder, DAMAGE_MARK)))
    ? 'found in an earlier run'
    : ((await lastingDamage(folder)) ?? crashReason(folder));
  if (why !== undefined) await setAside(folder, why, warnings);
}

/** A file that another process is just creating looks damaged for a moment; setting it aside would take it away from that process. */
async function lastingDamage(folder: string): Promise<string | undefined> {
  let why = await damage(folder);
  for (let checks = 0; why !== undefined && checks < CHECKS; checks++) {
    await setTimeout(CHECK_INTERVAL);
    why = await damage(folder);
  }
  return why;
}

async function setAside(folder: string, why: string, warnings: string[]): Promise<void> {
  const aside = `${folder}.corrupt-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  await rename(folder, aside);
  await mkdir(folder, { recursive: true });
  warnings.push(`the memory store was damaged (${why}); it was set aside as ${aside}, and a new one was created`);
}

/** Leaves a mark for the next opening that the file is damaged: this process has it mapped and cannot replace it. */
export function markDamaged(folder: string): void {
  try {
    writeFileSync(join(folder, DAMAGE_MARK), '');
  } catch {
    // A folder that is not writable is checked again next time; the damage was reported already.
  }
}

async function isWritable(folder: string): Promise<boolean> {
  for (const path of [folder, join(folder, 'data.mdb'), join(folder, 'lock.mdb')]) {
    try {
      await access(path, constants.R_OK | constants.W_OK);
    } catch (error) {
      if (path !== folder && systemCode(error) === 'ENOENT') continue;
      if (isDenied(error) || systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  }
  return true;
}

function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '');
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
