// Loaded first in the extension host and the language server under test. Logs each use of Node's network functions with the
// calling code, without changing what they do. Unix sockets do not count.
import { appendFileSync } from 'node:fs';
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';

const log = process.env['MEMMAMBA_NETWORK_LOG'];

function write(entry: object): void {
  if (log === undefined) return;
  const command = process.argv.slice(1).join(' ');
  try {
    appendFileSync(log, `${JSON.stringify({ process: process.pid, command, ...entry })}\n`);
  } catch {
    // The folder is gone: the test has ended.
  }
}

const isLoopback = (host: string): boolean => /^(127\.|localhost$|::1$|::ffff:127\.)/.test(host);

function used(target: string, host: string): void {
  write({ kind: 'used', target, loopback: isLoopback(host), stack: new Error().stack });
}

/** The target of `connect`, in all forms that Node accepts. */
function destination(first: unknown, second: unknown): { host: string; port: string } | undefined {
  // Node's own callers pass [options, callback] in one array.
  const options: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof options === 'number')
    return { host: typeof second === 'string' ? second : 'localhost', port: `${options}` };
  if (typeof options !== 'object' || options === null || 'path' in options === 'port' in options) {
    const path = typeof options === 'object' && options !== null ? (options as { path?: unknown }).path : options;
    if (path !== undefined && path !== null) return undefined;
  }
  const { host, port } = (options ?? {}) as { host?: string; port?: number | string };
  return port === undefined ? undefined : { host: host ?? 'localhost', port: `${port}` };
}

/** Replaces a method by one that logs its arguments and then does the same. */
function tap(owner: object, name: string, note: (args: unknown[]) => void): void {
  const target = owner as Record<string, (...args: unknown[]) => unknown>;
  const original = target[name];
  if (original === undefined) return;
  target[name] = function (this: unknown, ...args: unknown[]): unknown {
    note(args);
    return original.apply(this, args);
  };
}

tap(net.Socket.prototype, 'connect', ([first, second]) => {
  const to = destination(first, second);
  if (to) used(`connect ${to.host}:${to.port}`, to.host);
});
tap(net.Server.prototype, 'listen', ([first, second]) => {
  const to = destination(first, second);
  // Without a host a server listens on all interfaces.
  if (to)
    used(`listen ${to.host}:${to.port}`, typeof first === 'number' && typeof second !== 'string' ? '0.0.0.0' : to.host);
});
for (const name of ['send', 'connect', 'bind']) {
  tap(dgram.Socket.prototype, name, (args) =>
    used(`udp ${name} ${args.filter((x) => typeof x !== 'object').join(' ')}`, ''),
  );
}
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
  const note = ([host]: unknown[]): void =>
    used(`dns ${name} ${String(host)}`, net.isIP(String(host)) ? '127.0.0.1' : String(host));
  tap(dns, name, note);
  tap(dns.promises, name, note);
}

write({ kind: 'loaded' });
