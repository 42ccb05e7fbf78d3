import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A process as /proc shows it. */
export interface RunningProcess {
  pid: number;
  /** Its command line, words separated by spaces. */
  command: string;
}

/** All descendants of a process, children first. */
export function descendants(ancestor: number): RunningProcess[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: RunningProcess[] = [];
  const queue = [...(children.get(ancestor) ?? [])];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    const command = read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
    if (command !== undefined && command !== '') found.push({ pid, command });
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** Whether a process is the extension's language server. */
export function isMemMambaServer({ command }: { command: string }): boolean {
  return /[\\/]dist[\\/]server\.js( |$)/.test(command);
}

/** The current network sockets of a process, as "tcp local remote"; Unix sockets do not count. */
export function inetSockets(pid: number): string[] {
  const inodes = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const match = /^socket:\[(\d+)\]$/.exec(link(join(`/proc/${pid}/fd`, fd)) ?? '');
      if (match?.[1] !== undefined) inodes.add(match[1]);
    }
  } catch {
    return [];
  }
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    (read(`/proc/${pid}/net/${table}`) ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => inodes.has(fields[9] ?? ''))
      .map((fields) => `${table} ${fields[1] ?? ''} ${fields[2] ?? ''}`),
  );
}

function parentOf(pid: number): number | undefined {
  // "pid (name) state parent ...": the name may contain anything, even brackets.
  const rest = read(`/proc/${pid}/stat`)?.split(') ').at(-1);
  return rest === undefined ? undefined : Number(rest.split(' ')[1]);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
