import * as vscode from 'vscode';
import { el, fidelityCurve, heatStrip, chartStyle, toMarkup, type ChartLabels } from '../../common/charts';
import type { FidelityReport, MemoryViewModel, AttendedResult } from '../../protocol';

/** What is exported. */
export interface Exported {
  /** Path in the workspace. */
  file: string;
  viewModel: MemoryViewModel;
  fidelity: FidelityReport | undefined;
  attended: AttendedResult | undefined;
}

/** Prompts for a file name and writes the result of `content`. @returns whether it was written */
export async function save(name: string, kind: 'json' | 'svg', content: () => string): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `${name.replaceAll(/[^\w.-]+/g, '-')}.memory.${kind}`;
  const target = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, file) }),
    filters: kind === 'json' ? { JSON: ['json'] } : { SVG: ['svg'] },
  });
  if (target === undefined) return false;
  await vscode.workspace.fs.writeFile(target, Buffer.from(content(), 'utf8'));
  return true;
}

/** Everything as JSON, one object per note. Lines, columns and layers are 0-based. */
export function exportedJson({ file, viewModel, fidelity, attended }: Exported): string {
  const { notes, evicted, ...rest } = viewModel;
  const value = {
    file,
    ...rest,
    notes: toObjects(notes, viewModel.layers),
    evicted: { ...evicted, notes: toObjects(evicted.notes, viewModel.layers) },
    ...(fidelity && { fidelity }),
    ...(attended && {
      attended: {
        ...attended,
        files: attended.files.map((one) => ({ ...one, notes: toObjects(one.notes, one.layers) })),
      },
    }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Turns columns into objects; `layer` becomes the layer's number instead of its index. */
function toObjects(columns: { layer: number[] }, layers: readonly number[]): Record<string, unknown>[] {
  const entries = Object.entries(columns as Record<string, unknown[]>);
  return columns.layer.map((layer, i) => ({
    ...Object.fromEntries(entries.map(([name, values]) => [name, values[i]])),
    layer: layers[layer],
  }));
}

/** Colours of a standalone chart. */
const colours = `svg { --mm-text: #1f2328; --mm-muted: #59636e; --mm-line: #d1d9e0; --mm-surface: #f6f8fa; --mm-layer-0: #0969da;
--mm-layer-1: #bc4c00; --mm-layer-2: #8250df; --mm-layer-3: #1a7f37; --mm-layer-4: #9a6700; --mm-a: #0969da; --mm-b: #bc4c00; }`;

const WIDTH = 960;

/** The map of the file, and the fidelity curve if it was measured, as one SVG. */
export function exportedSvg({ file, viewModel, fidelity }: Exported, labels: ChartLabels): string {
  const { notes, layers } = viewModel;
  const strip = heatStrip(
    {
      tokens: viewModel.tokens,
      layers: layers.map((layer, i) => ({
        layer: layer + 1,
        positions: notes.position.filter((_, note) => notes.layer[note] === i),
      })),
      checkpoints: viewModel.checkpoints,
      recentFrom: viewModel.recentFrom,
    },
    { labels },
  );
  const stripHeight = 40 + layers.length * 26;
  const parts = [place(strip, 36, stripHeight)];
  let height = 36 + stripHeight;
  if (fidelity) {
    parts.push(place(fidelityCurve(fidelity.curve, { labels }), height + 12, 330));
    height += 342;
  }
  const root = el(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `-8 0 ${WIDTH + 16} ${height}`, width: WIDTH, height },
    el('style', {}, colours + chartStyle),
    el('rect', { x: -8, y: 0, width: WIDTH + 16, height, fill: '#ffffff' }),
    el('text', { x: 0, y: 22, style: 'font: 600 14px sans-serif' }, file),
    ...parts,
  );
  return `${toMarkup(root)}\n`;
}

function place(viewModel: ReturnType<typeof heatStrip>, y: number, height: number): ReturnType<typeof heatStrip> {
  return { ...viewModel, attributes: { ...viewModel.attributes, x: 0, y, width: WIDTH, height } };
}
