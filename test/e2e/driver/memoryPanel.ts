import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { PATIENCE } from '../../support/patience';
import type { Workbench } from './workbench';

/** The editor's themes: their names in its list, and the class of a webview's body. */
export const themes = {
  dark: { label: 'Dark Modern', bodyClass: 'vscode-dark' },
  light: { label: 'Light Modern', bodyClass: 'vscode-light' },
  contrast: { label: 'Dark High Contrast', bodyClass: 'vscode-high-contrast:not(.vscode-high-contrast-light)' },
  contrastLight: { label: 'Light High Contrast', bodyClass: 'vscode-high-contrast-light' },
} as const;

/** The frame of the webview that contains an element. */
export async function frameWith(bench: Workbench, selector: string, timeout = PATIENCE): Promise<Frame> {
  const deadline = Date.now() + timeout;
  while (Date.now() < deadline) {
    for (const frame of bench.page.frames()) {
      // A frame may disappear in the meantime.
      const found = await frame
        .locator(selector)
        .count()
        .catch(() => 0);
      if (found > 0) return frame;
    }
    await bench.page.waitForTimeout(100);
  }
  throw new Error(
    `no webview with ${selector} came within ${timeout / 1000} s; there are:\n${await framesText(bench)}`,
  );
}

/** The text of the webviews and the side bar, to diagnose missing content from a log. */
async function framesText({ page }: Workbench): Promise<string> {
  const texts = page.frames().map(async (frame) => {
    const said = await frame.evaluate<string>('document.body.innerText').catch(String);
    return `${frame.url().replace(/\?.*/, '')}: ${said.slice(0, 200)}`;
  });
  return (await Promise.all(texts.slice(1))).join('\n');
}

/** Opens the memory panel by its command and waits for content. */
export async function openMemoryPanel(bench: Workbench): Promise<Frame> {
  await bench.command('MemMamba: Open Memory Panel');
  return frameWith(bench, '#panel h1');
}

/** Collapses another view of the side bar to make room for the panel. */
export async function foldView(bench: Workbench, title: string): Promise<void> {
  const header = bench.page.locator('.part.sidebar .pane-header', { hasText: title }).first();
  if ((await header.getAttribute('aria-expanded')) === 'true') await header.click({ position: { x: 40, y: 10 } });
}

/** Sets the width of the side bar in pixels. */
export async function widenSideBar({ page }: Workbench, width: number): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (box === null) throw new Error('there is no side bar');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width, y);
  await page.mouse.down();
  await page.mouse.move(box.x + width, y, { steps: 5 });
  await page.mouse.up();
  // Away from the edge, which lights up under the pointer.
  await page.mouse.move(box.x + width + 200, y);
}

/** Changes the theme and waits until the webview uses it. */
export async function changeTheme(bench: Workbench, frame: Frame, name: keyof typeof themes): Promise<void> {
  const { label, bodyClass } = themes[name];
  await bench.command('Preferences: Color Theme');
  await bench.pick(label, label);
  await frame.locator(`body.${bodyClass}`).waitFor({ state: 'attached' });
  await bench.page.waitForTimeout(500);
}

/** Serious and critical axe findings in a webview, as text; empty when there are none. */
export async function axeFindings(frame: Frame): Promise<string[]> {
  // Evaluated by the debugger, which bypasses the page's content security policy.
  await frame.evaluate(readFileSync(join('node_modules', 'axe-core', 'axe.min.js'), 'utf8'));
  const found = await frame.evaluate<{ id: string; impact: string; help: string; nodes: { html: string }[] }[]>(
    'axe.run(document).then(({ violations }) => violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(({ html }) => ({ html })) })))',
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
}
