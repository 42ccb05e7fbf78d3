import type { Locator } from 'playwright-core';
import { PATIENCE } from '../../support/patience';
import type { Workbench } from './workbench';

/** The editor's chat view, as a user sees it: typed into and clicked. */
export class ChatView {
  constructor(private readonly bench: Workbench) {}

  /** Opens it by the editor's command and waits until it accepts input. */
  async open(): Promise<void> {
    await this.bench.command('Chat: Open Chat');
    await this.view().locator('.chat-input-container.focused').waitFor();
  }

  view(): Locator {
    return this.bench.page.locator('.part.auxiliarybar .interactive-session').first();
  }

  /** Sets its width in pixels. */
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

  /** The current text of the input. */
  async typed(): Promise<string> {
    const text = await this.view().locator('.interactive-input-editor .view-lines').first().innerText();
    return text.replaceAll('\u00a0', ' ').trim();
  }

  /** Replaces the text of the input, sends it, and waits for the complete answer. @returns the answer */
  async ask(message: string): Promise<Locator> {
    const { keyboard } = this.bench.page;
    await this.view().locator('.interactive-input-editor').first().click();
    await keyboard.press('Control+A');
    await keyboard.press('Delete');
    await keyboard.type(message, { delay: 15 });
    // While typing, names of participants and commands are suggested; Enter would accept one instead of sending.
    await this.bench.page.locator('.suggest-widget.visible').waitFor({ state: 'hidden' });
    return this.answerAfter(() => keyboard.press('Enter'));
  }

  /** Performs an action that sends a message, and waits for the complete answer. @returns the answer */
  async answerAfter(send: () => Promise<void>): Promise<Locator> {
    const before = await this.lastRow();
    await send();
    // The message is the next row, and the answer the one after it.
    const answer = this.view().locator(`.monaco-list-row.response[data-index="${before + 2}"]`);
    await answer.locator('.chat-footer-toolbar, .codicon-refresh').first().waitFor({ timeout: PATIENCE });
    return answer;
  }

  /** Index of the last message or answer, -1 when there is none. The list scrolls to its end after each answer. */
  private async lastRow(): Promise<number> {
    const rows = await this.view()
      .locator('.interactive-list .monaco-list-row.request, .monaco-list-row.response')
      .all();
    const indexes = await Promise.all(rows.map((row) => row.getAttribute('data-index')));
    return Math.max(-1, ...indexes.map(Number));
  }
}
