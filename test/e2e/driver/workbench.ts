import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { PATIENCE } from '../../support/patience';

/** Default folder for screenshots; ignored by git. */
export const pictureFolder = process.env['MEMMAMBA_PICTURES'] ?? join('test', 'e2e', 'output');

/** Runs in the page: finds the rendered line at the height of the cursor. */
const SHOWN_LINE = `(() => {
  const editor = document.querySelector('.editor-group-container.active .monaco-editor');
  const at = editor.querySelector('.cursors-layer .cursor').getBoundingClientRect().top;
  const lines = [...editor.querySelectorAll('.view-lines .view-line')];
  const line = lines.find((candidate) => Math.abs(candidate.getBoundingClientRect().top - at) < 4);
  return (line?.textContent ?? '').replaceAll('\\u00a0', ' ');
})()`;

/** The workbench as a user operates it: by keys, by visible names, by clicks. */
export class Workbench {
  constructor(readonly page: Page) {}

  /** Waits until the files are listed and the status bar is there. */
  async ready(): Promise<void> {
    await this.page
      .locator('.monaco-workbench .explorer-viewlet, .monaco-workbench .explorer-folders-view')
      .first()
      .waitFor({ timeout: PATIENCE });
    await this.page.locator('.statusbar').first().waitFor();
  }

  /** Reverts edited files, closes all editors, and reloads the page, whatever state it is in. */
  async startOver(): Promise<void> {
    try {
      for (let i = 0; i < 3; i++) await this.page.keyboard.press('Escape');
      const edited = this.page.locator('.tabs-container .tab.dirty');
      for (let left = await edited.count(); left > 0; left--) {
        await edited.first().click();
        await this.command('File: Revert File');
      }
      await this.command('View: Close All Editors');
    } catch (error) {
      console.log(`      not tidied up: ${String(error)}`);
    }
    await this.page.reload();
    await this.ready();
  }

  /** Runs a command of the palette by its title, with category ("MemMamba: Ask"). */
  async command(title: string): Promise<void> {
    await this.typeQuickly('F1', `>${title}`);
    await this.quickRow(title).waitFor();
    await this.quickRow(title).click();
  }

  /** Types into the quick input and chooses the row that contains `text`. */
  async pick(typed: string, text: string): Promise<void> {
    const input = this.quickInput();
    await input.waitFor();
    await input.fill(typed);
    await this.quickRow(text).waitFor();
    await this.quickRow(text).click();
  }

  /** Opens the quick input by a key and types into it. Retries if it closes because of a late focus change. */
  private async typeQuickly(key: string, text: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press(key);
      try {
        await this.quickInput().fill(text, { timeout: attempt < 4 ? 4000 : 30_000 });
        return;
      } catch (error) {
        if (attempt === 4) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  quickInput(): Locator {
    return this.page.locator('.quick-input-widget input.input');
  }

  quickRow(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }

  /** Opens a file of the workspace by its path or the end of it, and waits for its tab. */
  async open(path: string): Promise<void> {
    await this.typeQuickly('Control+P', path);
    const name = basename(path);
    // Clicked, not entered: while searching, the list shows what was open before.
    await this.quickRow(name).click({ timeout: PATIENCE });
    await this.tab(name).waitFor();
    await this.page.locator('.monaco-editor .view-line').first().waitFor();
  }

  /** The tab of a file, if it is active. */
  tab(name: string): Locator {
    return this.page.locator(`.tabs-container .tab.active[data-resource-name="${name}"]`).first();
  }

  /** Puts the cursor at a 1-based line and column of the active editor. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.typeQuickly('Control+G', `:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.statusBar(`Ln ${line}, Col ${column}`).waitFor();
  }

  /** The status bar, if it shows a text. */
  statusBar(text: string): Locator {
    return this.page.locator('.statusbar', { hasText: text }).first();
  }

  /** The cursor's 1-based line, from the status bar. */
  async line(): Promise<number> {
    const text = await this.page.locator('.statusbar').first().innerText();
    return Number(/Ln ([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
  }

  /** Waits until keys go to the editor, after something else has opened a place in it. */
  async untilEditorFocused(): Promise<void> {
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').first().waitFor();
  }

  /** The text of the line that the cursor is in, as the editor shows it (with ghost text, if there is any). */
  async shownLine(): Promise<string> {
    return this.page.evaluate<string>(SHOWN_LINE);
  }

  /** Text that a completion offers, shown in grey. */
  ghost(): Locator {
    return this.page
      .locator('.editor-group-container.active .monaco-editor [class*="ghost-text"]')
      .filter({ hasText: /\S/ });
  }

  /**
   * Types a new line below a line, in one way after the other, until something is offered: a small model has nothing to say at some
   * places. @returns what was typed
   */
  async typeUntilOffered(line: number, beginnings: string[]): Promise<string> {
    const { keyboard } = this.page;
    for (const beginning of beginnings) {
      await this.goTo(line, 1);
      await keyboard.press('End');
      await keyboard.press('Enter');
      // Takes away what the editor indented by itself.
      await keyboard.press('Shift+Home');
      await keyboard.type(beginning, { delay: 60 });
      try {
        await this.ghost().first().waitFor({ timeout: 30_000 });
        return beginning;
      } catch {
        await keyboard.press('Control+Shift+K');
      }
    }
    throw new Error(`nothing was offered after any of ${beginnings.join(' | ')}`);
  }

  /** The one status item of the extension. */
  statusItem(): Locator {
    return this.page.locator('.statusbar-item[id^="memmamba.memmamba"]').first();
  }

  /** Its text and tooltip, as read by a screen reader. */
  async status(): Promise<string> {
    const item = this.statusItem();
    const label = await item.locator('a, [aria-label]').first().getAttribute('aria-label');
    return `${await item.innerText()} | ${label ?? ''}`;
  }

  /** Waits until the status item shows something. */
  async untilStatus(pattern: RegExp, timeout = PATIENCE): Promise<string> {
    const deadline = Date.now() + timeout;
    let last = '';
    while (Date.now() < deadline) {
      last = (await this.statusItem().count()) > 0 ? await this.status() : 'no status item';
      if (pattern.test(last)) return last;
      await this.page.waitForTimeout(150);
    }
    throw new Error(`the status item still says "${last}" after ${timeout / 1000} s; waited for ${String(pattern)}`);
  }

  /** Waits for something outside of the page. */
  async until(holds: () => boolean, what: string, timeout = PATIENCE): Promise<void> {
    const deadline = Date.now() + timeout;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${timeout / 1000} s`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Opens the extension's own view container. */
  async openView(): Promise<void> {
    const icon = this.page.locator('.activitybar .action-item a[aria-label^="MemMamba"]').first();
    await icon.waitFor();
    const shown = this.page.locator('.part.sidebar .composite.title', { hasText: /MemMamba/i });
    if ((await shown.count()) === 0) await icon.click();
    await shown.first().waitFor();
  }

  /** Rows of the sidebar's trees that contain a text. */
  treeRow(text: string): Locator {
    return this.page.locator('.part.sidebar .monaco-list-row', { hasText: text }).first();
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text }).first();
  }

  /** The frame of a webview that contains an element. */
  webview(): ReturnType<Page['frameLocator']> {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(pictureFolder, { recursive: true });
    await this.page.screenshot({ path: join(pictureFolder, `${name}.png`) });
  }
}
