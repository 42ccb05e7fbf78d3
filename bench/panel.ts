import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { SHIPPED_MODEL } from '../src/server/modelFolder';
import type { BenchOptions } from './options';
import { panelTimes, type Movement } from './panel/frames';
import { requestTimes } from './panel/request';
import { median } from './statistics';

/** About a million tokens of the tiny model's tokenizer. */
const CHARACTERS = 2_350_000;

/**
 * The memory panel of a file of a million tokens that has been read: how long the server takes to answer (over stdio; with the tiny model
 * of the tests unless `--model` names another, because reading so much takes long), how long the view takes to show 10,000 notes (in
 * Chromium, without the editor around it), and how smoothly it then scrolls and zooms. Needs `node esbuild.js` and the sample workspace.
 */
export async function panel({ modelDir, scale }: BenchOptions): Promise<object> {
  const root = join(__dirname, '..');
  const isChosen = modelDir !== join(root, 'models', SHIPPED_MODEL);
  const model = isChosen ? modelDir : join(root, 'test/fixtures/tiny-model');
  const view = await panelTimes(root, { tokens: 1_000_000, notes: 10_000, evicted: 4500 });
  const request = await requestTimes(model, Math.round(CHARACTERS * scale));
  const opening = median(request.milliseconds) + view.firstContent;
  const line = (name: string, { between, work }: Movement): string =>
    `${name}: frames ${between.median.toFixed(1)} ms (p95 ${between.p95.toFixed(1)}), the panel's code ` +
    `${work.median.toFixed(1)} ms of it (p95 ${work.p95.toFixed(1)})`;
  console.log(
    `server: ${request.tokens} tokens read in ${request.readSeconds.toFixed(0)} s; panel answered in ` +
      `${request.milliseconds.map((time) => time.toFixed(0)).join(', ')} ms (${request.notes} notes, ` +
      `${request.evicted} evicted, ${(request.messageBytes / 1000).toFixed(0)} kB)`,
  );
  console.log(`view: ${view.size.notes} notes shown after ${view.firstContent.toFixed(0)} ms`);
  console.log(line('scrolling', view.scrolling));
  console.log(line('zooming', view.zooming));
  console.log(`request and view together: ${opening.toFixed(0)} ms`);
  return {
    model: isChosen ? modelDir : 'tiny',
    cpus: cpus().length,
    loadAverage: loadavg()[0],
    request,
    view,
    opening,
  };
}
