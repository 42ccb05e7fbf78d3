// Outside: starts the real editor with this repository as a development extension and the suites as its tests, and waits for their
// verdict. VS Code's own browser tests work the same way. The suites' output is the extension host's console.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'node:util';
import { Session } from '../e2e/driver/session';
import { fillWorkspace } from './workspace';

/** All suites together; each test has its own limit. */
const LIMIT_MS = 1_800_000;

/** Forwards what the extension host prints; the workbench's own output is omitted unless VERBOSE is set. */
function relay(type: string, args: unknown[]): void {
  const fromHost = typeof args[0] === 'string' && args[0].includes('%s');
  if (!fromHost && type !== 'raw' && process.env['VERBOSE'] === undefined) return;
  process.stdout.write(`${format(...args).replaceAll(/color:[^;]*;?/g, '')}\n`);
}

/** Runs in the page. A built workbench accepts a test suite in its address only in test mode. */
const ACCEPT_PAYLOAD = `if (window === window.top) {
  const original = Element.prototype.getAttribute;
  Element.prototype.getAttribute = function (name) {
    const value = original.call(this, name);
    if (name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration') return value;
    const settings = JSON.parse(value);
    settings.developmentOptions = { ...settings.developmentOptions, enableSmokeTestDriver: true };
    return JSON.stringify(settings);
  };
}`;

async function main(): Promise<number> {
  let finished: (code: number) => void = () => undefined;
  const code = new Promise<number>((settle) => (finished = settle));
  const session = await Session.open({
    workspace: fillWorkspace,
    unpacked: ['test/integration/chatModel'],
    query: ({ port }) => {
      const remote = (path: string): string => `vscode-remote://127.0.0.1:${port}${resolve(path)}`;
      const payload = [
        ['extensionDevelopmentPath', remote('.')],
        ['extensionTestsPath', remote('dist/test/integration-suites.js')],
        ['skipWelcome', 'true'],
      ];
      return { payload: JSON.stringify(payload) };
    },
    prepare: async (page) => {
      await page.exposeFunction('codeAutomationExit', (status: number) => finished(status));
      await page.exposeFunction('codeAutomationLog', relay);
      await page.addInitScript({ content: ACCEPT_PAYLOAD });
    },
  });
  const timer = setTimeout(() => finished(-1), LIMIT_MS);
  const status = await code;
  clearTimeout(timer);
  if (status === -1) {
    process.stdout.write(`the suites did not end within ${LIMIT_MS / 1000} s\n`);
    const folder = join('test', 'e2e', 'output');
    mkdirSync(folder, { recursive: true });
    await session.page.screenshot({ path: join(folder, 'integration-timeout.png') });
  }
  await session.close();
  return status;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
