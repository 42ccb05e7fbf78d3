import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';

/** Why system calls cannot be traced on this machine; undefined where they can. Debian has strace in the package of that name. */
export function whyNotTraced(): string | undefined {
  if (process.platform !== 'linux') return 'strace is a program for Linux';
  const { status, error, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? undefined : `strace may not trace here: ${stderr.trim()}`;
}

/** Command prefix that logs the system calls of a command and its children. `?`: not on every architecture. */
export function traced(log: string): string[] {
  const calls = '%network,openat,mkdirat,renameat,renameat2,?open,?creat,?mkdir,?rename';
  return ['strace', '-A', '-f', '-qq', '--seccomp-bpf', '-s', '200', '-o', log, '-e', `trace=${calls}`];
}

/** Signs that a machine is identified or a name is resolved, even without a socket. */
const telltale = new Set(['/etc/machine-id', '/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf']);

/**
 * Findings in a log: network use, files written outside some folders, and files read on the way to either.
 * @param cwd of the process
 */
export function trespasses(log: string, cwd: string, allowed: readonly string[]): string[] {
  if (!existsSync(log)) throw new Error('nothing was traced');
  const lines = readFileSync(log, 'utf8').split('\n');
  // Otherwise strace has traced something, but not the program.
  if (!lines.some((line) => line.includes('openat('))) throw new Error('no file was opened at all');
  return lines.filter((line) => {
    const call = /^\d+ +(\w+)\((.*)/.exec(line);
    if (!call) return false;
    const [, name, args] = call as unknown as [string, string, string];
    // Pipes to child processes; anything without such a pair's file descriptor starts with `socket`.
    if (name === 'socketpair') return !args.startsWith('AF_UNIX');
    if (['socket', 'connect', 'bind', 'listen', 'sendto', 'sendmmsg'].includes(name)) return true;
    const paths = [...args.matchAll(/"([^"]*)"/g)].map((match) => match[1]!);
    if (paths.some((path) => telltale.has(path))) return true;
    const writes = name.startsWith('open') ? /O_WRONLY|O_RDWR|O_CREAT/.test(args) : /^(creat|mkdir|rename)/.test(name);
    return (
      writes &&
      !paths.every((path) => isHarmless(path) || allowed.some((folder) => isInside(join(cwd, path), path, folder)))
    );
  });
}

function isInside(joined: string, path: string, folder: string): boolean {
  const way = relative(folder, isAbsolute(path) ? path : joined);
  return !way.startsWith('..');
}

/** Leaves nothing on disk. */
function isHarmless(path: string): boolean {
  return path === '/dev/null' || path === '/dev/tty' || path.startsWith('/proc/self/');
}
