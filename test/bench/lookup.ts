import { basename } from 'node:path';
import { Engine } from '../../src/engine';
import { certainty as certaintyOf, lookupFile, longestMatch } from '../../src/engine/lookup';
import { seededRandom } from '../../src/engine/random';
import { installBeside } from './besideModel';
import { fetchPackages } from './ask/fetch';
import { languages, type Language } from './ask/packages';
import { sourceFiles, type SourceFile } from './ask/source';
import { interval } from './heldOut';
import { holes, type Hole } from './holes';
import { fit, meanLoss, toJson, writes, type Candidate, type Step } from './lookupFit';
import type { BenchOptions } from './options';

const FILES_PER_LANGUAGE = 12;
const CASES_PER_FILE = 8;

/** Characters. */
const [SHORTEST, LONGEST] = [3000, 40_000];

/** Tokens by the model's own opinion that take part; the others are one more candidate together. */
const TOP = 16;

/** What followed elsewhere that takes part, the longest matches first. */
const FOLLOWED = 24;

/** The longest middle that counts. Tokens. */
const MAX_STEPS = 40;

/**
 * Fits the weights by which what stands elsewhere in a document counts in a completion, on held-out packages in five languages, and
 * measures them on others: the true rest of lines from random cursors, token by token. With `--write` they go into the model's folder.
 */
export async function lookup({ modelDir, scale, maxMinutes, seed, write }: BenchOptions): Promise<object> {
  const engine = await Engine.open({ modelDir, provider: 'cpu' });
  const random = seededRandom(seed);
  const packages = fetchPackages();
  const deadline = Date.now() + maxMinutes * 60_000;
  const steps: Record<'dev' | 'test', Step[][]> = { dev: [], test: [] };
  let read = 0;
  for (const [split, file] of chosenFiles(packages, scale, random)) {
    if (Date.now() > deadline) break;
    const bytes = Buffer.from(file.text, 'utf8');
    const chosen = holes(bytes, CASES_PER_FILE, random).sort((a, b) => a.start - b.start);
    steps[split].push(...(await along(engine, basename(file.path), bytes, chosen)));
    read++;
  }
  await engine.dispose();
  const { dev: fitted, test: measured } = steps;
  const weights = fit(fitted.flat());
  const share = (hits: number): string =>
    `${((100 * hits) / measured.length).toFixed(1)} % (${interval(hits, measured.length)})`;
  const result = {
    packages: packages.length,
    files: read,
    casesFitted: fitted.length,
    cases: measured.length,
    nats: { model: meanLoss(measured.flat()), withLookup: meanLoss(measured.flat(), weights) },
    exactLines: {
      model: measured.filter((steps) => writes(steps)).length,
      withLookup: measured.filter((steps) => writes(steps, weights)).length,
    },
  };
  console.log(`fitted on ${fitted.length} lines, measured on ${measured.length} of other packages`);
  console.log(`nats a token  model ${result.nats.model.toFixed(3)}  with lookup ${result.nats.withLookup.toFixed(3)}`);
  console.log(
    `exact lines   model ${share(result.exactLines.model)}  with lookup ${share(result.exactLines.withLookup)}`,
  );
  const json = toJson(weights, result);
  if (write) installBeside(modelDir, lookupFile, json);
  return json;
}

/** Some files of each language and split; languages and splits alternate, so that a run that is cut short has seen all. */
function chosenFiles(
  packages: ReturnType<typeof fetchPackages>,
  scale: number,
  random: () => number,
): ['dev' | 'test', SourceFile][] {
  const rows = (Object.keys(languages) as Language[]).flatMap((language) =>
    (['dev', 'test'] as const).map((split) =>
      sourceFiles(
        packages.filter((one) => one.split === split),
        language,
      )
        .filter(({ text }) => text.length >= SHORTEST && text.length <= LONGEST)
        .map((file) => ({ split, file, order: random() }))
        .sort((a, b) => a.order - b.order)
        .slice(0, Math.ceil(FILES_PER_LANGUAGE * scale)),
    ),
  );
  const longest = Math.max(...rows.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => rows.flatMap((row) => row[i] ?? []))
    .flat()
    .map(({ split, file }) => [split, file]);
}

/** The steps along the rest of each line, the model being shown the true text so far. */
async function along(engine: Engine, name: string, bytes: Buffer, chosen: readonly Hole[]): Promise<Step[][]> {
  const { tokenizer } = engine;
  const { blockSize } = engine.config;
  const header = [tokenizer.special('<|path|>'), ...tokenizer.encode(Buffer.from(`${name}\n`, 'utf8'))];
  const all: Step[][] = [];
  let state = engine.initialState();
  for (const { start, end } of chosen) {
    const before = bytes.subarray(0, start);
    const shown = before.length - tokenizer.heal(before);
    const tokens = Uint32Array.of(...header, ...tokenizer.encode(before.subarray(0, shown)));
    const boundary = Math.floor(tokens.length / blockSize) * blockSize;
    if (boundary === tokens.length) continue;
    // A healed word may have moved the tokens at the end of the last block: then it is read again.
    if (state.position > boundary) state = engine.initialState();
    state = await engine.prefill(state, tokens.subarray(state.position, boundary));
    const decoder = await engine.decoder(state, tokens.subarray(boundary));
    const index = engine.index(tokens, tokenizer.encode(bytes.subarray(end)));
    const last = Array.from(tokens.subarray(-longestMatch));
    const ahead = tokenizer.encode(bytes.subarray(shown, end + 200));
    let begin: Uint8Array = bytes.subarray(shown, start);
    const steps: Step[] = [];
    for (let at = shown, i = 0; at <= end && i < Math.min(ahead.length, MAX_STEPS); i++) {
      const wanted = ahead[i]!;
      const allowed = begin.length > 0 ? tokenizer.fitting(begin) : undefined;
      const candidates = candidatesOf(engine, decoder.logits, allowed, index.followed(last), index.occurs);
      const certainty = certaintyOf(decoder.logits);
      steps.push({
        candidates,
        certainty,
        wanted: candidates.findIndex(({ id }) => id === wanted),
        atLineEnd: at === end,
      });
      const { length } = tokenizer.tokenBytes(wanted);
      at += length;
      begin = begin.subarray(Math.min(begin.length, length));
      last.push(wanted);
      if (at <= end) await decoder.append(Uint32Array.of(wanted));
    }
    all.push(steps);
  }
  return all;
}

function candidatesOf(
  { tokenizer }: Engine,
  logits: Float32Array,
  allowed: Uint32Array | undefined,
  followed: ReturnType<ReturnType<Engine['index']>['followed']>,
  occurs: Uint8Array,
): Candidate[] {
  const ids = allowed ?? Uint32Array.from(logits.keys());
  const top = ids.reduce((most, id) => Math.max(most, logits[id]!), -Infinity);
  const norm = top + Math.log(ids.reduce((sum, id) => sum + Math.exp(logits[id]! - top), 0));
  const isAllowed = new Set(allowed);
  const looked = followed
    .filter(({ id }) => allowed === undefined || isAllowed.has(id))
    .sort((a, b) => b.length - a.length || b.share - a.share)
    .slice(0, FOLLOWED);
  const byId = new Map(looked.map((one) => [one.id, one]));
  const best = ids.toSorted((a, b) => logits[b]! - logits[a]!).subarray(0, TOP);
  return [...new Set([...best, ...byId.keys()])].map((id) => ({
    id,
    logProb: logits[id]! - norm,
    occurs: occurs[id] === 1,
    followed: byId.get(id),
    endsLine: [0x0a, 0x0d].includes(tokenizer.tokenBytes(id)[0] ?? -1),
  }));
}
