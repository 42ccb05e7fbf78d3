import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import {
  installExtension,
  makeProfile,
  quietSettings,
  startEditor,
  type EditorOptions,
  type RunningEditor,
} from '../../../scripts/code-server.mjs';
import { PATIENCE } from '../../support/patience';
import { launchBrowser } from './browser';
import { NetworkGuard } from './network';

export interface SessionOptions {
  /** Fills the folder to open. Returning a path opens that instead: a folder inside, or a .code-workspace file. */
  workspace: (folder: string) => string | undefined;
  /** The packaged extension to install; none for tests that load the development folder. */
  vsix?: string;
  /** Folders of further extensions, installed as they are. */
  unpacked?: string[];
  settings?: Record<string, unknown>;
  /** Further variables of the editor's processes, and so of the server's. */
  environment?: Record<string, string>;
  /** Ask before trusting a folder, as a desktop editor does. Default: folders are trusted. */
  trust?: boolean;
  /** Added to the address, such as the payload that names a suite to run in the extension host. */
  query?: (editor: RunningEditor) => Record<string, string>;
  /** Called before the page loads. */
  prepare?: (page: Page) => Promise<void>;
}

/** A real editor with its own profile, in a real browser; everything is removed at the end. */
export class Session {
  private constructor(
    /** Contains the profile, the workspace and whatever a test adds. */
    readonly home: string,
    /** What is open: a folder or a workspace file. */
    readonly opened: string,
    readonly editor: RunningEditor,
    readonly page: Page,
    readonly network: NetworkGuard,
    private readonly browser: Browser,
  ) {}

  static async open(options: SessionOptions): Promise<Session> {
    const home = mkdtempSync(join(tmpdir(), 'memmamba-e2e-'));
    const workspace = join(home, 'workspace');
    mkdirSync(workspace);
    const opened = options.workspace(workspace) ?? workspace;
    const profile = makeProfile(join(home, 'profile'), {
      ...quietSettings,
      'git.enabled': false,
      // Edits stay unsaved, where tests can undo them.
      'files.autoSave': 'off',
      'editor.accessibilitySupport': 'off',
      'security.workspace.trust.enabled': options.trust === true,
      ...options.settings,
    });
    for (const folder of options.unpacked ?? []) {
      // Before anything else is installed, the editor loads what is there.
      cpSync(folder, join(profile, 'extensions', basename(folder)), { recursive: true });
    }
    if (options.vsix !== undefined) installExtension(profile, options.vsix);
    const network = new NetworkGuard(join(home, 'network.log'));
    if (options.vsix !== undefined) network.instrument(join(profile, 'extensions'));
    const start: EditorOptions = {
      trust: options.trust === true,
      environment: {
        ...network.environment(),
        MEMMAMBA_CACHE: join(home, 'store'),
        ...options.environment,
      },
    };
    const editor = await startEditor(profile, start);
    const browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE / 2);
    network.watch(page, editor.pid);
    await options.prepare?.(page);
    const address = new URL(editor.url);
    address.searchParams.set(opened.endsWith('.code-workspace') ? 'workspace' : 'folder', opened);
    for (const [name, value] of Object.entries(options.query?.(editor) ?? {})) address.searchParams.set(name, value);
    await page.goto(address.href);
    return new Session(home, opened, editor, page, network, browser);
  }

  /** Stops browser and editor and removes the folder. */
  async close(): Promise<void> {
    this.network.stop();
    await this.browser.close();
    await this.editor.stop();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
