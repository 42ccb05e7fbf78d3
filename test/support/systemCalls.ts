import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';

/** Why system calls cannot be watched on this machine; undefined where they can. Debian has strace in the package of that name. */
export function whyNotTraced(): string | undefined {
  if (process.platform !== 'linux') return 'strace is a program for Linux';
  const { status, error, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? undefined : `strace may not trace here: ${stderr.trim()}`;
}

/** Command that runs another one and writes to a log what it and its children ask of the system. `?`: not on every architecture. */
export function traced(log: string): string[] {
  const calls = '%network,openat,mkdirat,renameat,renameat2,?open,?creat,?mkdir,?rename';
  return ['strace', '-A', '-f', '-qq', '--seccomp-bpf', '-s', '200', '-o', log, '-e', `trace=${calls}`];
}

/** What tells that a machine is identified or a name is looked up, though no socket may come of it. */
const telltale = new Set(['/etc/machine-id', '/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf']);

/**
 * What a log tells of the network, of files written outside some folders, and of what is read on the way to either.
 * @param cwd of the process
 */
export function trespasses(log: string, cwd: string, allowed: readonly string[]): string[] {
  if (!existsSync(log)) throw new Error('nothing was traced');
  const lines = readFileSync(log, 'utf8').split('\n');
  // Else strace has traced something, and not the program.
  if (!lines.some((line) => line.includes('openat('))) throw new Error('no file was opened at all');
  return lines.filter((line) => {
    const call = /^\d+ +(\w+)\((.*)/.exec(line);
    if (!call) return false;
    const [, name, args] = call as unknown as [string, string, string];
    // Pipes to child processes; whatever has no such pair's file descriptor begins with `socket`.
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

/** Nothing stays behind. */
function isHarmless(path: string): boolean {
  return path === '/dev/null' || path === '/dev/tty' || path.startsWith('/proc/self/');
}
