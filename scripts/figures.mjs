// The figures of README, docs and model card, one per row: from the JSON that benches write (bench/results), and, where a bench's JSON
// was not kept, from recorded.json, which also records for older JSON the command, the weights and the date.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const range = (low, high, digits = 1) => `${(100 * low).toFixed(digits)}-${percent(high, digits)}`;

/** The 95 % Wilson interval of a share, as in the benches. */
export function wilson(hits, cases) {
  const z = 1.959963984540054;
  const share = hits / cases;
  const centre = (share + (z * z) / (2 * cases)) / (1 + (z * z) / cases);
  const half = (z * Math.sqrt((share * (1 - share)) / cases + (z * z) / (4 * cases * cases))) / (1 + (z * z) / cases);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** `hits` of `cases` as a row. */
function count(what, hits, cases, unit = '') {
  const { low, high } = wilson(hits, cases);
  return { what, figure: percent(hits / cases), interval: range(low, high), n: `${hits} of ${cases}${unit}` };
}

const languageNames = {
  c: 'C and C++',
  go: 'Go',
  java: 'Java',
  javascript: 'JavaScript',
  python: 'Python',
  rust: 'Rust',
  typescript: 'TypeScript',
};

const fromLoss = ({ bitsPerByte, tokensPerFile }) => {
  const n = `first ${tokensPerFile.toLocaleString('en')} tokens a file`;
  const { all, ...languages } = bitsPerByte;
  return [
    { what: 'Bits per byte, all languages, as shipped (int8)', figure: all.int8.toFixed(4), n },
    { what: 'Bits per byte, all languages, float', figure: all.float.toFixed(4), n },
    ...Object.entries(languages).map(([key, { int8 }]) => ({
      what: `Bits per byte, ${languageNames[key] ?? key}`,
      figure: int8.toFixed(2),
      n,
    })),
  ];
};

/** Arms of `lines`, as named in tables. */
const lineArms = {
  'copying, file': 'copying after the longest match in the file',
  'copying, package': 'copying after the longest match in the package',
  'greedy, file': 'greedy, the file alone',
  'weighed, file': 'as the product writes, the file alone',
  'greedy, workspace': 'greedy, with the workspace',
  'weighed, workspace': 'as the product writes, with the workspace',
};

const fromLines = ({ exact }) =>
  Object.entries(exact).flatMap(([kind, { arms }]) =>
    Object.entries(lineArms).map(([arm, words]) =>
      count(`${kind === 'whole line' ? 'Whole line' : 'Rest of the line'}, ${words}`, arms[arm].hits, arms[arm].cases),
    ),
  );

const fromInfill = (result) => {
  const { all, byConfidence } = result['rest of the line'];
  const offered = byConfidence.find(({ least }) => least === 0.4);
  return [
    count('Rest of the line, each file alone', all.model, all.cases),
    count('The same by copying after the longest match in the file', all.copying, all.cases),
    count('Share of cursors at which a line is offered while typing', offered.offered, all.cases),
    count('Of these, exactly right', offered.right, offered.offered),
  ];
};

const fromLookup = ({ measured: { nats, files } }) =>
  [
    ['the model alone', nats.model],
    ['with n-gram matches of the file', nats.withLookup],
    ['with those of the other files, too', nats.withWorkspace],
  ].map(([arm, value]) => ({ what: `Nats per token: ${arm}`, figure: value.toFixed(2), n: `${files} files` }));

const fromCompletion = ({ milliseconds, offered, cursors, tokens }) => {
  const n = `${cursors} cursors`;
  const where = `in a file of ${tokens.toLocaleString('en')} tokens`;
  return [
    { what: `Time to a completion ${where}, median`, figure: `${Math.round(milliseconds.p50)} ms`, n },
    { what: `Time to a completion ${where}, 95th percentile`, figure: `${Math.round(milliseconds.p95)} ms`, n },
    count('Cursors at which something was offered', offered, cursors),
  ];
};

const fromPerplexity = (result) =>
  ['code', 'prose'].flatMap((sort) => {
    const { documents, growth } = result[sort];
    const n = `${documents.length} document${documents.length === 1 ? '' : 's'}`;
    const row = (what, { ratio, interval }) => ({
      what: `${sort === 'code' ? 'Code' : 'Prose'}: perplexity after 60k tokens over that after 8k, ${what}`,
      figure: ratio.toFixed(2),
      interval: `${interval.low.toFixed(2)}-${interval.high.toFixed(2)}`,
      n,
    });
    return [row('with notes', growth.notes), row('with emptied pools', growth.withoutNotes)];
  });

const thousands = (tokens) => `${tokens / 1024}k`;

const fromDefinitions = ({ buckets }) =>
  buckets
    .filter(({ given, from, to }) => given === 'bare' && from >= 2048 && !(to / from === 2 && from >= 16384))
    .flatMap(({ from, to, arms, closedNats }) =>
      [
        ['notes', closedNats.stateWithNotes],
        ['a snippet found by BM25', closedNats.windowBm25],
      ].map(([arm, { share, low, high }]) => ({
        what: `Definition ${thousands(from)} to ${thousands(to)} tokens back: gap closed by ${arm}`,
        figure: percent(share, 0),
        interval: range(low, high, 0),
        n: `${arms.window.cases} uses`,
      })),
    );

const metricNames = {
  representational: 'Representational fidelity (ETMF-a)',
  functional: 'Functional fidelity (ETMF-b)',
  vertical: 'Vertical fidelity (ECLMF)',
};

const fromFidelity = ({ worth, recalledExactly, cases }) => [
  ...Object.entries(worth).map(([metric, { rho, low, high, cases: n }]) => ({
    what: `${metricNames[metric]} against recall, Spearman's rank correlation`,
    figure: rho.toFixed(2),
    interval: `${low.toFixed(2)} to ${high.toFixed(2)}`,
    n: `${n} ${metric === 'vertical' ? 'texts' : 'values'}`,
  })),
  count('Planted values that are recalled exactly', Math.round(recalledExactly * cases.length), cases.length),
];

const fromPanel = ({ opening, request, view }) => [
  {
    what: `First content of the panel, file of ${request.tokens.toLocaleString('en')} tokens`,
    figure: `${Math.round(opening)} ms`,
  },
  ...['scrolling', 'zooming'].map((move) => ({
    what: `Time between frames while ${move} through ${view.size.notes.toLocaleString('en')} notes, 95th percentile`,
    figure: `${view[move].between.p95.toFixed(1)} ms`,
  })),
];

const readers = {
  loss: fromLoss,
  lines: fromLines,
  infill: fromInfill,
  lookup: fromLookup,
  completion: fromCompletion,
  perplexity: fromPerplexity,
  definitions: fromDefinitions,
  fidelity: fromFidelity,
  panel: fromPanel,
};

/** The subject of a table, where several are combined. */
const titles = {
  loss: 'Held-out files',
  lines: 'Completion',
  infill: 'Completion',
  'ask files': 'Questions about files',
  'ask needles': 'Functions found by description',
};

/** How a table was measured, printed below it. */
const provenance = ({ weights, measured, machine, remark }) =>
  [`Measured ${measured} with ${weights}`, machine, remark].filter(Boolean).join('; ');

function recordedRow({ what, figure, interval, n, hits, cases }) {
  return figure === undefined ? count(what, hits, cases) : { what, figure, interval, n };
}

/**
 * Every table by name: `rows` with what, figure, interval, n and command, and `notes`, how they were measured.
 * @param {string} results the folder with the benches' JSON
 */
export function readTables(results) {
  const json = (name) => JSON.parse(readFileSync(join(results, name), 'utf8'));
  const recorded = json('recorded.json');
  const tables = {};
  for (const [name, rows] of Object.entries(readers)) {
    if (!existsSync(join(results, `${name}.json`))) continue;
    const result = json(`${name}.json`);
    const run = result.run ?? recorded.runs[name];
    tables[name] = {
      title: titles[name],
      rows: rows(result).map((row) => ({ ...row, command: run.command })),
      notes: [provenance(run)],
    };
  }
  for (const group of recorded.groups) {
    const table = (tables[group.name] ??= { title: titles[group.name], rows: [], notes: [] });
    table.rows.push(...group.figures.map((figure) => ({ ...recordedRow(figure), command: group.command })));
    const note = provenance(group);
    if (!table.notes.includes(note)) table.notes.push(note);
  }
  return tables;
}
