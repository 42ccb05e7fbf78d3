// The drawing of docs/how-it-works.md: how an edit, a question and a file pass through the code. Paths are checked by
// test/unit/scripts/docs.test.ts, so a file that moves is noticed.

/** Each step: a file, and what happens there. An edit and a question pass through at most seven files. */
export const flows = {
  completion: {
    title: 'An edit → a completion',
    steps: [
      ['src/client/inlineCompletion.ts', 'waits for a pause, asks, remembers offers'],
      ['src/server/handlers/inline.ts', 'the message: which file, which place'],
      ['src/server/inline/inlineCompleter.ts', 'the flow: request, prefix, candidates, offer'],
      ['src/server/inline/prefixDecoders.ts', 'a decoder after the text before this line'],
      ['src/server/inline/candidates.ts', 'what the model writes, within a budget'],
      ['src/engine/lines/candidates.ts', 'several ways to end the line, best first'],
      ['src/server/inline/offer.ts', 'what is offered, and made to fit'],
    ],
  },
  reading: {
    title: 'A file → a state',
    steps: [
      ['src/workspace/workspace.ts', 'which files there are, admitted or not'],
      ['src/workspace/load.ts', 'the text, through the one gate'],
      ['src/workspace/reader.ts', 'reads one at a time, most urgent first'],
      ['src/memory/fileMemory.ts', 'tokens; the deepest stored state on their chain'],
      ['src/engine/prefill.ts', 'run after run'],
      ['src/engine/readBlock.ts', 'the next state, with its notes'],
      ['src/memory/state/stateCache.ts', 'checkpoints, stored by hash'],
    ],
  },
  answer: {
    title: 'A question → an answer',
    steps: [
      ['src/client/ask/controller.ts', 'asks, shows what comes as it comes'],
      ['src/server/handlers/ask.ts', 'the message: which files to search'],
      ['src/server/ask/ask.ts', 'the flow: rank, decide, cite, answer'],
      ['src/server/ask/rank/signals.ts', 'words, word vectors, the model’s embedding'],
      ['src/server/ask/corpus/spanIndex.ts', 'spans, terms and text of every file'],
      ['src/server/ask/citation.ts', 'file, line and lines'],
      ['src/server/ask/facts.ts', 'the short answer, copied from the place'],
    ],
  },
};

const WIDTH = 336;
const HEIGHT = 56;
const GAP = 22;
const MARGIN = 24;
const BETWEEN = 56;
const TOP = 64;

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The process or layer of a file: its colour. */
const floorOf = (path) => /^src\/(\w+)/.exec(path)[1];

const colours = { client: 'client', server: 'server', workspace: 'memory', memory: 'memory', engine: 'engine' };

function column({ title, steps }, x) {
  const boxes = steps.map(([path, duty], index) => {
    const y = TOP + index * (HEIGHT + GAP);
    const middle = x + WIDTH / 2;
    const arrow =
      index === 0 ? '' : `<path class="arrow" d="M${middle} ${y - GAP + 2}V${y - 3}" marker-end="url(#head)"/>`;
    return [
      arrow,
      `<rect class="${colours[floorOf(path)]}" x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
      `<text class="path" x="${x + 14}" y="${y + 23}">${escape(path.replace('src/', ''))}</text>`,
      `<text class="duty" x="${x + 14}" y="${y + 43}">${escape(duty)}</text>`,
    ].join('\n');
  });
  return `<text class="title" x="${x}" y="${TOP - 20}">${escape(title)}</text>\n${boxes.join('\n')}`;
}

/** One SVG for light and dark pages. */
export function drawing() {
  const columns = Object.values(flows);
  const rows = Math.max(...columns.map(({ steps }) => steps.length));
  const bottom = TOP + rows * (HEIGHT + GAP);
  const width = 2 * MARGIN + columns.length * WIDTH + (columns.length - 1) * BETWEEN;
  const at = (index) => MARGIN + index * (WIDTH + BETWEEN);
  const y = TOP + 3 * (HEIGHT + GAP) + HEIGHT / 2;
  // Reading serves both: the state for completions, spans and embeddings for answers.
  const links = [
    `<path class="link" d="M${at(1) - 3} ${y}H${at(0) + WIDTH + 5}" marker-end="url(#head)"/>`,
    `<path class="link" d="M${at(1) + WIDTH + 3} ${y}H${at(2) - 5}" marker-end="url(#head)"/>`,
    `<text class="duty middle" x="${at(1) - BETWEEN / 2}" y="${y - 8}">state</text>`,
    `<text class="duty middle" x="${at(2) - BETWEEN / 2}" y="${y - 8}">index</text>`,
  ];
  const legend = [
    ['client', 'extension host'],
    ['server', 'server process'],
    ['memory', 'files and states'],
    ['engine', 'the model'],
  ].map(
    ([name, words], index) =>
      `<rect class="${name}" x="${MARGIN + index * 170}" y="${bottom + 6}" width="18" height="18" rx="4"/>` +
      `<text class="duty" x="${MARGIN + 26 + index * 170}" y="${bottom + 20}">${words}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 40}" role="img" aria-label="The way of an edit, of a file that is read, and of a question through the code">
<style>
text { font-family: system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
.title { font-size: 18px; font-weight: 600; }
.path { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; font-weight: 600; }
.duty { font-size: 13px; fill: #57606a; }
.middle { text-anchor: middle; }
rect { stroke-width: 1.5; }
.client { fill: #ddf4ff; stroke: #0969da; }
.server { fill: #fff8c5; stroke: #9a6700; }
.memory { fill: #dafbe1; stroke: #1a7f37; }
.engine { fill: #fbefff; stroke: #8250df; }
.arrow, .link { fill: none; stroke: #57606a; stroke-width: 1.5; }
.link { stroke-dasharray: 4 3; }
#head path { fill: #57606a; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.duty { fill: #9198a1; }
.client { fill: #0c2d6b; stroke: #4493f8; }
.server { fill: #3b2300; stroke: #d29922; }
.memory { fill: #04260f; stroke: #3fb950; }
.engine { fill: #271052; stroke: #ab7df8; }
.arrow, .link { stroke: #9198a1; }
#head path { fill: #9198a1; }
}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
${columns.map((flow, index) => column(flow, at(index))).join('\n')}
${links.join('\n')}
${legend.join('\n')}
</svg>
`;
}

/** A flow as a numbered list. */
export const flowList = (name) =>
  flows[name].steps.map(([path, duty], index) => `${index + 1}. [\`${path}\`](../${path}): ${duty}`).join('\n');
