import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { descendants, inetSockets, isMemMambaServer } from './processes';

/** One line of the witness's log: see networkWitness.ts. */
interface Witnessed {
  kind: 'loaded' | 'used';
  process: number;
  command: string;
  /** Host and port, or the name that was resolved. */
  target?: string;
  loopback?: boolean;
  stack?: string;
}

/**
 * Watches everything that could leave the machine, in three ways: the browser's requests, the sockets of the language server
 * (sampled from /proc, so native code counts too), and every use of Node's network functions in the extension host and the
 * language server.
 */
export class NetworkGuard {
  private readonly requests = new Set<string>();
  private readonly sockets = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private samples = 0;

  constructor(private readonly log: string) {}

  /** Variables for the editor's processes: the witness's log file. */
  environment(): Record<string, string> {
    return { MEMMAMBA_NETWORK_LOG: this.log };
  }

  /**
   * Makes the installed extension load the witness first, in the extension host and in the server: one line at the start of
   * each bundle, in the test's own profile. (The editor does not pass NODE_OPTIONS to its processes.)
   */
  instrument(extensions: string): void {
    const witness = JSON.stringify(join(__dirname, 'networkWitness.js'));
    for (const folder of readdirSync(extensions).filter((name) => name.startsWith('memmamba.'))) {
      for (const bundle of ['extension.js', 'server.js']) {
        const path = join(extensions, folder, 'dist', bundle);
        writeFileSync(path, `require(${witness});${readFileSync(path, 'utf8')}`);
      }
    }
  }

  watch(page: Page, editor: number): void {
    page.context().on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      // The editor's webviews load their resources from a made-up host; its service worker answers, nothing is resolved.
      const own = hostname === '127.0.0.1' || hostname.endsWith('.vscode-resource.vscode-cdn.net');
      if (/^(http|ws)s?:$/.test(protocol) && !own) this.requests.add(request.url());
    });
    this.timer = setInterval(() => {
      for (const process of descendants(editor).filter(isMemMambaServer)) {
        this.samples++;
        for (const socket of inetSockets(process.pid)) this.sockets.add(`${process.command}: ${socket}`);
      }
    }, 500);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Forbidden accesses as text, and the number of samples, so that a test can tell silence from blindness. */
  findings(): { problems: string[]; samples: number; servers: number } {
    const lines = existsSync(this.log) ? readFileSync(this.log, 'utf8').trim().split('\n') : [];
    const seen = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Witnessed);
    const problems = [
      ...[...this.requests].map((url) => `the browser asked for ${url}`),
      ...[...this.sockets].map((socket) => `the language server holds a socket: ${socket}`),
    ];
    for (const { kind, command, target, loopback, stack } of seen) {
      if (kind !== 'used') continue;
      const ours = isServerCommand(command) || /[\\/]memmamba\.memmamba-[^\\/]+[\\/]dist[\\/]/.test(stack ?? '');
      if (ours || loopback !== true) problems.push(`${command} used the network: ${target ?? ''}\n${stack ?? ''}`);
    }
    const servers = seen.filter(({ kind, command }) => kind === 'loaded' && isServerCommand(command)).length;
    return { problems, samples: this.samples, servers };
  }
}

const isServerCommand = (command: string): boolean => isMemMambaServer({ command });
