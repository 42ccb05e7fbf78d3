import { isMeasured } from '../src/common';
import { Engine, loadManifest, type ModelState, type WrittenNotes } from '../src/engine';
import { cueBefore, logProbabilities, surpriseRemoved } from '../src/engine/fidelity/functional';
import { cosine } from '../src/engine/fidelity/linear';
import { leastRho, type Probe } from '../src/engine/fidelity/probe';
import { recoverToken } from '../src/engine/fidelity/representational';
import { LayerMoments } from '../src/engine/fidelity/vertical';
import { seededRandom } from '../src/engine/random';
import { tokenize } from '../src/memory';
import { correlation, type Correlation } from './correlation';
import { heldOutFiles, interval, type HeldOutFile } from './heldOut';
import type { BenchOptions } from './options';
import { plantedDocument, type PlantedDocument, type PlantedKey } from './planted';

const DOCUMENTS = 25;
const CASES_PER_DOCUMENT = 10;

/** Bytes of a document and keys in it, both spread over their range on a logarithmic scale. */
const SIZE = [6_000, 72_000] as const;
const KEYS = [10, 360] as const;

/** One planted key: the metrics of its value's tokens, and whether the model knew the value where it was used. */
interface Case {
  document: number;
  name: string;
  /** Tokens between the value and the end. */
  distance: number;
  keys: number;
  /** Geometric mean probability of the value's tokens where the name is used. */
  recall: number;
  /** Whether each token was the model's first choice. */
  exact: boolean;
  representational: number;
  functional: number;
  /** Cosine between the probe's prediction for the next layer and the actual values. */
  vertical: number;
}

/** ECLMF of one document against the mean recall of its keys. */
interface DocumentCase {
  cka: number;
  share: number;
  recall: number;
}

const names = ['representational', 'functional', 'vertical'] as const;

/** How well the fidelity metrics predict whether a planted value is known where its name is used. */
export async function fidelity(
  { modelDir, scale, seed }: Pick<BenchOptions, 'modelDir' | 'scale' | 'seed'>,
  files: readonly HeldOutFile[] = heldOutFiles(),
): Promise<object> {
  const engine = await Engine.open({ modelDir, provider: 'cpu' });
  const manifest = await loadManifest(modelDir);
  const probe = await engine.probe();
  if (!isMeasured(probe)) throw new Error(`${modelDir} has no probe to judge: ${probe.absent}`);
  const documents = Math.max(2, Math.round(DOCUMENTS * scale));
  const random = seededRandom(6 + seed);
  const cases: Case[] = [];
  const perDocument: DocumentCase[] = [];
  for (let i = 0; i < documents; i++) {
    const between = ([low, high]: readonly [number, number]): number => Math.round(low * (high / low) ** random());
    const size = Math.round(between(SIZE) * Math.min(1, Math.sqrt(scale)));
    // A definition has some 40 bytes: never more than a third of the text.
    const count = Math.max(6, Math.min(between(KEYS), Math.floor(size / 120)));
    const document = plantedDocument(files, { size, count, seed: 1000 * (seed - 1) + 100 + i });
    const { found, layers } = await judge(engine, probe, document, i, random);
    cases.push(...found);
    const mean = found.reduce((sum, one) => sum + one.recall, 0) / found.length;
    perDocument.push({ ...layers, recall: mean });
    console.log(
      `document ${i + 1} of ${documents}: ${document.bytes.length} bytes, ${count} keys, mean recall ${mean.toFixed(2)}`,
    );
  }
  await engine.dispose();

  const groups = (name: (typeof names)[number], exact: boolean): { metric: number; recall: number }[][] =>
    [...Map.groupBy(cases, (one) => one.document).values()].map((group) =>
      group.map((one) => ({ metric: one[name], recall: exact ? Number(one.exact) : one.recall })),
    );
  const rows = Object.fromEntries(
    names.map((name) => [
      name,
      { graded: correlation(groups(name, false), random), exact: correlation(groups(name, true), random) },
    ]),
  );
  const layers = {
    cka: correlation([perDocument.map(({ cka, recall }) => ({ metric: cka, recall }))], random, 1),
    share: correlation(
      perDocument.map(({ share, recall }) => [{ metric: share, recall }]),
      random,
    ),
  };
  const exact = cases.filter((one) => one.exact).length;
  print(rows, layers.share, exact, cases.length);
  // Panel and command line show ECLMF of a whole text, so its correlation is over texts.
  const worth = Object.fromEntries(
    [
      ['representational', rows['representational']!.graded] as const,
      ['functional', rows['functional']!.graded] as const,
      ['vertical', layers.share] as const,
    ].map(([name, { rho, low, high, cases: count }]) => [
      name,
      { rho: digits(rho), low: digits(low), high: digits(high), cases: count },
    ]),
  );
  return {
    weights_sha256: manifest.files.find(({ name }) => name === 'weights.bin')!.sha256,
    recalledExactly: exact / cases.length,
    worth,
    correlations: rows,
    documents: perDocument,
    cases,
  };
}

/** Reads a document, measures its tested values in the memory at its end, and asks for them. */
async function judge(
  engine: Engine,
  probe: Probe,
  document: PlantedDocument,
  index: number,
  random: () => number,
): Promise<{ found: Case[]; layers: { cka: number; share: number } }> {
  const { config, tokenizer } = engine;
  const { tokens, headerTokens, offsets } = tokenize(engine, { basename: document.name, bytes: document.bytes });
  const { blockSize, noteWidth } = config;
  const whole = Math.floor(tokens.length / blockSize) * blockSize;
  const positionsOf = ({ start, end }: PlantedKey): number[] => {
    const first = offsets.tokenAtByte(start);
    const last = offsets.tokenAtByte(end - 1);
    return Array.from({ length: last - first + 1 }, (_, i) => headerTokens + first + i);
  };
  const inside = document.keys.filter((key) => positionsOf(key).at(-1)! < whole);
  // Evenly over the depth, so that near and far values are tested alike.
  const tested = Array.from({ length: Math.min(CASES_PER_DOCUMENT, inside.length) }, (_, i) => {
    const stretch = inside.length / Math.min(CASES_PER_DOCUMENT, inside.length);
    return inside[Math.min(inside.length - 1, Math.floor((i + random()) * stretch))]!;
  });
  const needed = new Set(tested.flatMap(positionsOf).map((position) => Math.floor(position / blockSize)));

  const written = new Map<number, WrittenNotes>();
  const moments = config.noteLayers.slice(1).map((_, i) => new LayerMoments(noteWidth, probe.up[i]));
  let state: ModelState = engine.initialState();
  for (let block = 0; block * blockSize < whole; block++) {
    const ids = tokens.subarray(block * blockSize, (block + 1) * blockSize);
    if (needed.has(block)) {
      const notes = await engine.observe(state, ids);
      written.set(block, notes);
      moments.forEach((sums, i) => sums.add(notes.value[i]!, notes.value[i + 1]!));
    }
    state = await engine.readBlock(state, ids);
  }
  const rowOf = (rows: readonly Float32Array[], position: number): Float32Array[] =>
    rows.map((all) => all.subarray((position % blockSize) * noteWidth, ((position % blockSize) + 1) * noteWidth));

  const tail = tokens.subarray(whole);
  const atEnd = await engine.decoder(state, tail);
  const [lineEnd] = tokenizer.encode(Buffer.from('\n'));
  const isLineEnd = (id: number): boolean => tokenizer.tokenBytes(id).includes(10);
  const found: Case[] = [];
  for (const key of tested) {
    const positions = positionsOf(key);
    const targets = await probe.targets(positions.map((position) => tokens[position]!));
    const sums = { representational: 0, functional: 0, vertical: 0 };
    for (const [i, position] of positions.entries()) {
      const notes = written.get(Math.floor(position / blockSize))!;
      const recovered = recoverToken(config, probe, state, rowOf(notes.key, position), targets[i]!);
      sums.representational += recovered.withMemory - recovered.withNothing;
      const cue = cueBefore(tokens, position, headerTokens, isLineEnd, lineEnd!);
      const wanted = [tokens[position]!];
      const [withMemory] = await logProbabilities(atEnd.fork(), cue, wanted);
      const blank = await engine.decoder(engine.initialState(), new Uint32Array(0));
      const [withNothing] = await logProbabilities(blank, cue, wanted);
      sums.functional += surpriseRemoved(withMemory!, withNothing!);
      const values = rowOf(notes.value, position);
      for (const [j, map] of probe.up.entries()) {
        sums.vertical += cosine(map.apply(values[j]!), values[j + 1]!) / probe.up.length;
      }
    }
    const per = (sum: number): number => sum / positions.length;
    found.push({
      document: index,
      name: key.name,
      distance: tokens.length - positions[0]!,
      keys: document.keys.length,
      ...(await use(engine, atEnd, key)),
      representational: per(sums.representational),
      functional: per(sums.functional),
      vertical: per(sums.vertical),
    });
  }
  const information = moments.map((sums) => sums.information());
  const nats = information.reduce((sum, one) => sum + Math.max(0, one.nats), 0) / Math.max(1, moments.length);
  const cka = moments.reduce((sum, one) => sum + one.cka(), 0) / Math.max(1, moments.length);
  return { found, layers: { cka, share: 1 - Math.exp((-2 * nats) / noteWidth) } };
}

/** Writes a use of the name after the document and checks whether the model knows the value. */
async function use(
  { tokenizer }: Engine,
  atEnd: Awaited<ReturnType<Engine['decoder']>>,
  { name, value }: PlantedKey,
): Promise<{ recall: number; exact: boolean }> {
  const before = `\n\nassert.equal(${name}, `;
  const ids = tokenizer.encode(Buffer.from(`${before}${value});\n`));
  const starts = [...ids].map((_, i) => tokenizer.decode(ids.subarray(0, i)).length);
  // Tokens with a byte of the value; the first may start with the space before it.
  const inside = starts.flatMap((start, i) =>
    start + tokenizer.tokenBytes(ids[i]!).length > before.length && start < before.length + value.length ? [i] : [],
  );
  const decoder = atEnd.fork();
  await decoder.append(ids.subarray(0, inside[0]));
  let [sum, exact] = [0, true];
  for (const i of inside) {
    const { logits } = decoder;
    const id = ids[i]!;
    exact &&= logits.every((logit, other) => other === id || logit < logits[id]!);
    const [logProb] = await logProbabilities(decoder, new Uint32Array(0), [id]);
    sum += logProb!;
    await decoder.append(Uint32Array.of(id));
  }
  return { recall: Math.exp(sum / inside.length), exact };
}

function print(
  rows: Record<string, { graded: Correlation; exact: Correlation }>,
  layers: Correlation,
  exact: number,
  cases: number,
): void {
  const range = ({ rho, low, high }: Correlation): string =>
    `${rho.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  console.log(
    `\n${cases} planted values, ${((100 * exact) / cases).toFixed(1)} % known exactly (${interval(exact, cases)})`,
  );
  console.log('Spearman correlation with recall of the value (95 % interval over documents)');
  console.log(`${'metric'.padEnd(20)}${'probability'.padEnd(24)}${'exactly right'.padEnd(24)}`);
  for (const [name, { graded, exact: hit }] of Object.entries(rows)) {
    const label = graded.rho >= leastRho ? 'predicts recall' : 'does not predict recall';
    console.log(`${name.padEnd(20)}${range(graded).padEnd(24)}${range(hit).padEnd(24)}${label}`);
  }
  console.log(`${'vertical, per text'.padEnd(20)}${range(layers)}  of ${layers.cases} texts`);
}

/** Four digits: the interval is far wider. */
function digits(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
