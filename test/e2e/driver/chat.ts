import type { Locator } from 'playwright-core';
import { PATIENCE } from '../../support/patience';
import type { Workbench } from './workbench';

/** The editor's own chat view, as a person uses it: typed into and clicked. */
export class ChatView {
  constructor(private readonly bench: Workbench) {}

  /** Opens it by the editor's own command and waits until it takes what is typed. */
  async open(): Promise<void> {
    await this.bench.command('Chat: Open Chat');
    await this.view().locator('.chat-input-container.focused').waitFor();
  }

  view(): Locator {
    return this.bench.page.locator('.part.auxiliarybar .interactive-session').first();
  }

  /** Makes it so many pixels wide. */
  async widen(width: number): Promise<void> {
    const { page } = this.bench;
    const box = await page.locator('.part.auxiliarybar').boundingBox();
    if (box === null) throw new Error('the chat is not open');
    const y = box.y + box.height / 3;
    await page.mouse.move(box.x - 1, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - width, y, { steps: 5 });
    await page.mouse.up();
  }

  /** What stands in the input now. */
  async typed(): Promise<string> {
    const text = await this.view().locator('.interactive-input-editor .view-lines').first().innerText();
    return text.replaceAll('\u00a0', ' ').trim();
  }

  /** Types a message in place of what the input holds, sends it, and waits for the whole answer. @returns the answer */
  async ask(message: string): Promise<Locator> {
    const { keyboard } = this.bench.page;
    await this.view().locator('.interactive-input-editor').first().click();
    await keyboard.press('Control+A');
    await keyboard.press('Delete');
    await keyboard.type(message, { delay: 15 });
    // The names of participants and commands are offered while they are typed; Enter would take one instead of sending.
    await this.bench.page.locator('.suggest-widget.visible').waitFor({ state: 'hidden' });
    return this.answerAfter(() => keyboard.press('Enter'));
  }

  /** Does something that sends a message, and waits for the whole answer to it. @returns the answer */
  async answerAfter(send: () => Promise<void>): Promise<Locator> {
    const before = await this.lastRow();
    await send();
    // The message is the next row, and the answer the one after it.
    const answer = this.view().locator(`.monaco-list-row.response[data-index="${before + 2}"]`);
    await answer.locator('.chat-footer-toolbar, .codicon-refresh').first().waitFor({ timeout: PATIENCE });
    return answer;
  }

  /** Index of the last message or answer, -1 when there is none. The list shows its end after each answer. */
  private async lastRow(): Promise<number> {
    const rows = await this.view()
      .locator('.interactive-list .monaco-list-row.request, .monaco-list-row.response')
      .all();
    const indexes = await Promise.all(rows.map((row) => row.getAttribute('data-index')));
    return Math.max(-1, ...indexes.map(Number));
  }
}
