import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../../test/e2e/driver/browser';
import { quantile } from '../statistics';
import { largeViewModel, largeState, type Size } from './largeViewModel';

/** Frames that each movement lasts. */
const FRAMES = 240;

export interface Times {
  median: number;
  p95: number;
  worst: number;
}

/** Milliseconds. `between` is from one frame to the next; `work` is the time of the page's own code. */
export interface Movement {
  between: Times;
  work: Times;
}

export interface PanelTimes {
  size: Size;
  /** From the message with everything to the frame after it was drawn. Milliseconds. */
  firstContent: number;
  scrolling: Movement;
  zooming: Movement;
}

/**
 * Runs in the page before the panel: adds up the time of the panel's animation frames. `rawFrame` is for code that should not count.
 */
const COUNT = `(() => {
  window.spent = 0;
  window.rawFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (work) => window.rawFrame((now) => {
    const started = performance.now();
    try { work(now); } finally { window.spent += performance.now() - started; }
  });
})();`;

/**
 * Runs in the page: moves a little in each frame, and records when frames come and how long the panel's code ran in them.
 */
const MOVE = `(what, frames) => new Promise((resolve) => {
  const grid = document.getElementById('grid');
  const strip = document.querySelector('.strip');
  const between = [], work = [];
  let last, frame = 0;
  const step = (now) => {
    if (last !== undefined) {
      between.push(now - last);
      work.push(window.spent);
    }
    last = now;
    window.spent = 0;
    if (frame++ === frames) return resolve({ between, work });
    const started = performance.now();
    if (what === 'scroll') grid.scrollTop += frame % 2 ? 700 : 90;
    else {
      const { left, top } = strip.getBoundingClientRect();
      strip.dispatchEvent(new WheelEvent('wheel', { ctrlKey: true, cancelable: true, bubbles: true,
        deltaY: frame % 60 < 30 ? -100 : 100, clientX: left + 150, clientY: top + 10 }));
    }
    window.spent += performance.now() - started;
    window.rawFrame(step);
  };
  window.rawFrame(step);
})`;

/** How smooth the panel is with this many notes: first content, then frames while the list scrolls and the map zooms. */
export async function panelTimes(root: string, size: Size): Promise<PanelTimes> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 420, height: 900 } });
    await openPanel(page, root);
    const state = JSON.stringify(largeState(largeViewModel(size)));
    const firstContent = await page.evaluate<number>(`new Promise((resolve) => {
      const data = ${state};
      const started = performance.now();
      window.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) }));
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - started)));
    })`);
    const drawn = await page.locator('.rows .row').count();
    if (drawn === 0 || drawn > 200) throw new Error(`${drawn} rows are drawn of ${size.notes}`);
    const move = async (what: string): Promise<Movement> => {
      const { between, work } = await page.evaluate<{ between: number[]; work: number[] }>(
        `(${MOVE})(${JSON.stringify(what)}, ${FRAMES})`,
      );
      return { between: timesOf(between), work: timesOf(work) };
    };
    await move('scroll');
    return { size, firstContent, scrolling: await move('scroll'), zooming: await move('zoom') };
  } finally {
    await browser.close();
  }
}

/** The panel's page without an editor: its script and style, and a host that receives messages. */
async function openPanel(page: Page, root: string): Promise<void> {
  await page.addInitScript({ content: COUNT });
  await page.addInitScript({
    content: 'window.acquireVsCodeApi = () => ({ postMessage() {}, getState() {}, setState() {} });',
  });
  const style = ['webview', 'memory'].map((name) => readFileSync(join(root, 'media', `${name}.css`), 'utf8')).join('');
  const address = 'http://panel.invalid/';
  await page.route(address, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!DOCTYPE html><html lang="en"><style>${style}</style><body class="vscode-dark"><main id="panel"></main></body></html>`,
    }),
  );
  await page.goto(address);
  await page.addScriptTag({ path: join(root, 'dist/memory.js') });
}

function timesOf(values: number[]): Times {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), worst: sorted.at(-1)! };
}
