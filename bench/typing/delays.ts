import type { Page } from 'playwright-core';

/** Runs in the page: from a key's arrival to the changed text on the screen. */
const WATCH = `(() => {
  const editor = document.querySelector('.editor-group-container.active .monaco-editor');
  const delays = [];
  let pressed;
  const key = () => { pressed ??= performance.now(); };
  editor.addEventListener('keydown', key, true);
  const observer = new MutationObserver(() => {
    if (pressed === undefined) return;
    const start = pressed;
    pressed = undefined;
    requestAnimationFrame(() => delays.push(performance.now() - start));
  });
  observer.observe(editor.querySelector('.view-lines'), { subtree: true, childList: true, characterData: true });
  window.memmambaTyping = () => {
    editor.removeEventListener('keydown', key, true);
    observer.disconnect();
    return delays;
  };
})()`;

/** How long typed letters take to appear. Milliseconds. */
export interface TypingDelays {
  letters: number;
  p50: number;
  p95: number;
}

/** Types at the pace of a fast typist into the active editor, and measures each letter. */
export async function typeAndMeasure(page: Page, text: string): Promise<TypingDelays> {
  await page.evaluate(WATCH);
  await page.keyboard.type(text, { delay: 90 });
  await page.waitForTimeout(500);
  const delays = await page.evaluate<number[]>('window.memmambaTyping()');
  const sorted = delays.toSorted((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { letters: sorted.length, p50: quantile(0.5), p95: quantile(0.95) };
}
