// Runs the editor of test/editor in its own profile: used by `npm start` when there is no desktop editor, and by the tests.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';

const entry = join(import.meta.dirname, '../test/editor/node_modules/code-server/out/node/entry.js');

/** Settings for a quiet editor: no welcome pages, no updates, no chat bar, no animations in screenshots. */
export const quietSettings = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  // The sample is inside this repository; the editor would ask about it.
  'git.openRepositoryInParentFolders': 'never',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'chat.commandCenter.enabled': false,
};

/** Creates a profile folder with these settings, unless the profile has settings already. */
export function makeProfile(home, settings) {
  mkdirSync(join(home, 'user/User'), { recursive: true });
  mkdirSync(join(home, 'extensions'), { recursive: true });
  const config = join(home, 'config.yaml');
  if (!existsSync(config)) writeFileSync(config, '');
  const file = join(home, 'user/User/settings.json');
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
  return home;
}

/**
 * Everything the editor would otherwise store in the user's home goes into the profile; nothing leaks in from an outer editor or npm.
 */
function environment(home, extra) {
  const outer = /^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$)/;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name))),
    XDG_CONFIG_HOME: join(home, 'xdg/config'),
    XDG_DATA_HOME: join(home, 'xdg/data'),
    XDG_CACHE_HOME: join(home, 'xdg/cache'),
    EXTENSIONS_GALLERY: '{}',
    ...extra,
  };
}

const profileArguments = (home) => [
  entry,
  '--config',
  join(home, 'config.yaml'),
  '--user-data-dir',
  join(home, 'user'),
  '--extensions-dir',
  join(home, 'extensions'),
];

/** Installs a packaged extension into a profile. The editor's output is shown only on failure. */
export function installExtension(home, vsix) {
  execFileSync(process.execPath, [...profileArguments(home), '--install-extension', vsix, '--force'], {
    env: environment(home, {}),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** A free port: the wanted one, or any. */
export function freePort(wanted = 0) {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', (error) => (wanted === 0 ? reject(error) : resolve(freePort())))
      .listen(wanted, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
  });
}

const healthy = (url) =>
  new Promise((resolve) => {
    get(`${url}/healthz`, (response) => resolve(response.resume().statusCode === 200)).once('error', () =>
      resolve(false),
    );
  });

/**
 * Starts the editor on 127.0.0.1 and waits until it answers. `arguments` are added to its command line, `environment`
 * to its variables; `trust` asks before trusting a folder. Rejects when the editor exits or does not answer within a
 * minute; its log is `server.log` in the profile.
 */
export async function startEditor(home, options = {}) {
  const port = await freePort(options.port);
  const log = openSync(join(home, 'server.log'), 'a');
  const child = spawn(
    process.execPath,
    [
      ...profileArguments(home),
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
      ...(options.trust ? [] : ['--disable-workspace-trust']),
      ...(options.arguments ?? []),
    ],
    { env: environment(home, options.environment), stdio: ['ignore', log, log], detached: true },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    try {
      // Negative: the whole group, since the editor has subprocesses.
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has exited already.
    }
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  while (!(await healthy(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`the editor did not start; see ${join(home, 'server.log')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, port, pid: child.pid, ended, stop };
}
