// `npm run docs`: writes the generated parts of the documents, between markers: tables of figures (scripts/figures.mjs), of settings (package.json) and of a model's
// shapes, and the drawing of how it works (scripts/drawing.mjs). `--check` writes nothing and fails when something is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawing, flowList } from './drawing.mjs';
import { readTables } from './figures.mjs';

const root = join(import.meta.dirname, '..');

/** Documents with generated parts. */
export const generated = [
  'README.md',
  'docs/how-it-works.md',
  'docs/measurements.md',
  'docs/settings.md',
  'models/memmamba-small/README.md',
];

/** A file that is generated completely. */
const picture = 'docs/how-it-works.svg';

const cell = (text = '') => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells) => `| ${cells.map(cell).join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const lowerFirst = (text) => text[0].toLowerCase() + text.slice(1);
const code = (command) => (command === undefined ? '' : `\`${command}\``);

/**
 * `figures: NAME` is the whole table of that name; `figures: NAME: beginning; NAME: beginning` are chosen rows of several, each with the
 * title of its table.
 */
function figures(tables, argument) {
  const rows = [];
  const notes = new Set();
  const parts = argument.split(';').map((text) => text.trim());
  for (const part of parts) {
    const [name, ...choice] = part.split(':');
    const found = tables[name.trim()];
    if (found === undefined) throw new Error(`there are no figures called ${name}`);
    const beginning = choice.join(':').trim();
    const chosen = found.rows.filter(({ what }) => what.startsWith(beginning));
    if (chosen.length === 0) throw new Error(`${name} has no figure that begins with "${beginning}"`);
    const title = parts.length > 1 && found.title !== undefined ? `${found.title}: ` : '';
    rows.push(...chosen.map((row) => ({ ...row, what: `${title}${title === '' ? row.what : lowerFirst(row.what)}` })));
    for (const note of found.notes) notes.add(`${title}${title === '' ? note : lowerFirst(note)}`);
  }
  const lines = rows.map(({ what, figure, interval, n, command }) => [what, figure, interval, n, code(command)]);
  const body = table(['What', 'Figure', '95 % interval', 'n', 'Command'], lines);
  return `${body}\n\n${[...notes].map((note) => `${note}.`).join('  \n')}`;
}

/** All settings with default and description, in the order of the settings editor. */
function settings() {
  const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const words = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8'));
  const translated = (key) => words[key.slice(1, -1)];
  return Object.entries(contributes.configuration.properties)
    .map(([name, { default: value, markdownDescription, enum: values, markdownEnumDescriptions }]) => {
      const choices = (values ?? []).map(
        (choice, index) => `- \`${choice}\`: ${translated(markdownEnumDescriptions[index])}`,
      );
      const head = `### \`${name}\`\n\nDefault: \`${JSON.stringify(value)}\`. ${translated(markdownDescription)}`;
      return choices.length === 0 ? head : `${head}\n\n${choices.join('\n')}`;
    })
    .join('\n\n');
}

/** Shapes and sizes of a model, from its own files. */
function model(name) {
  const json = (file) => JSON.parse(readFileSync(join(root, 'models', name, file), 'utf8'));
  const { parameters, training, files } = json('manifest.json');
  const config = json('config.json');
  const count = (number) => number.toLocaleString('en');
  const megabytes = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  return table(
    ['What', 'Figure', 'From'],
    [
      ['Parameters', `${(parameters / 1e6).toFixed(1)} M`, 'manifest.json'],
      ['Size of all its files', `${megabytes.toFixed(1)} MB`, 'manifest.json'],
      ['Tokens it was trained on', `${(training.tokens / 1e9).toFixed(2)} billion`, 'manifest.json'],
      ['Layers, width', `${config.num_hidden_layers}, ${config.hidden_size}`, 'config.json'],
      ['Layers with notes', config.note_layers.join(', '), 'config.json'],
      ['Tokens in a block', count(config.block_size), 'config.json'],
      ['Candidates for notes in a block', count(config.notes_per_block), 'config.json'],
      ['Notes that a layer keeps', count(config.pool_size), 'config.json'],
      ['Notes in the archive of a layer', count(config.archive_size), 'config.json'],
      ['Vocabulary', count(config.vocab_size), 'config.json'],
      ['Width of the embedding that ranks answers', count(config.embedding_width), 'config.json'],
    ],
  );
}

const parts = { figures, settings, model: (_, name) => model(name), flow: (_, name) => flowList(name) };

/** The text of a document with its generated parts updated. */
export function regenerate(text, tables) {
  return text.replace(
    /<!-- (figures|settings|model|flow)(?:: ([^>]*?))? -->\n[^]*?<!-- end -->/g,
    (_, kind, argument) => {
      const body = parts[kind](tables, argument);
      const marker = argument === undefined ? kind : `${kind}: ${argument}`;
      return `<!-- ${marker} -->\n${body}\n<!-- end -->`;
    },
  );
}

/** Files whose generated parts are out of date; written unless `check`. */
export function update(check) {
  const tables = readTables(join(root, 'bench/results'));
  const refresh = (name, make) => {
    const path = join(root, name);
    const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const text = make(old);
    if (text === old) return [];
    if (!check) writeFileSync(path, text);
    return [name];
  };
  return [
    ...generated.flatMap((name) => refresh(name, (old) => regenerate(old, tables))),
    ...refresh(picture, drawing),
  ];
}

if (process.argv[1] === import.meta.filename) {
  const check = process.argv.includes('--check');
  const changed = update(check);
  for (const name of changed) process.stdout.write(`${name} ${check ? 'is out of date: npm run docs' : 'written'}\n`);
  if (check && changed.length > 0) process.exitCode = 1;
}
