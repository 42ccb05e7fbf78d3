import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { modelFileAltered, modelFileMissing, modelFileTruncated } from './errors';
import { JsonReader, readJsonObject } from './json';
import { linesFile } from './lines';
import { ngramFile } from './ngram';

/** One file of a model, as its manifest describes it. */
export interface ManifestFile {
  /** File name inside the model folder. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** What `manifest.json` says about a model. */
export interface Manifest {
  readonly name: string;
  readonly files: readonly ManifestFile[];
  /**
   * SHA-256 over names and hashes of all files that affect what the model computes: equal exactly when two folders hold the same
   * model. Every state belongs to one such id.
   */
  readonly modelId: string;
}

/** The version of the model folder layout that this engine supports. */
const format = 1;

/** The engine cannot work without these; a manifest may list more. */
const required = ['config.json', 'tokenizer.json', 'model.cpu.onnx', 'model.gpu.onnx', 'weights.bin', 'golden.json'];

/** File in the model folder that says how much the embedding counts in questions (server/ask); optional. */
export const askWeightsFile = 'ask.json';

/** These only inspect or weigh what the model computes, so changing them keeps all stored states valid. */
const beside = ['probe.json', 'probe.bin', ngramFile, linesFile, askWeightsFile];

/**
 * Reads `manifest.json` of a model folder without reading the other files.
 * @throws UserError `model-file-missing` or `model-file-invalid`.
 */
export async function loadManifest(modelDir: string): Promise<Manifest> {
  const path = join(modelDir, 'manifest.json');
  const json = new JsonReader(path, await readJsonObject(path));
  if (json.count('format') !== format) throw json.wrong('format', `${format}: the only supported version`);
  const list = json.child('files');
  const files = list.keys().map((name) => {
    // A manifest must not make the engine read files outside the folder.
    if (name !== basename(name) || name === '' || name === '..') throw list.wrong(name, 'a plain file name');
    const entry = list.child(name);
    const sha256 = entry.text('sha256');
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw entry.wrong('sha256', '64 lower-case hexadecimal digits');
    return { name, bytes: entry.count('bytes', 0), sha256 };
  });
  for (const name of required) {
    if (!files.some((file) => file.name === name)) throw json.wrong('files', `a map that contains ${name}`);
  }
  const lines = files
    .filter(({ name }) => !beside.includes(name))
    .map((file) => `${file.name} ${file.sha256}\n`)
    .toSorted();
  const modelId = createHash('sha256').update(lines.join('')).digest('hex');
  return { name: json.text('name'), files, modelId };
}

/** A JSON file of the model, or undefined when the manifest does not list it. @throws UserError when it cannot be read */
export async function readBeside(modelDir: string, manifest: Manifest, name: string): Promise<JsonReader | undefined> {
  if (!manifest.files.some((file) => file.name === name)) return undefined;
  const path = join(modelDir, name);
  return new JsonReader(path, await readJsonObject(path));
}

/**
 * Verifies size and SHA-256 of every file against the manifest.
 * @throws UserError `model-file-missing`, `model-file-truncated` or `model-file-altered`, naming the first bad file.
 */
export async function verifyFiles(modelDir: string, manifest: Manifest): Promise<void> {
  for (const file of manifest.files) {
    const path = join(modelDir, file.name);
    let size: number;
    try {
      size = (await stat(path)).size;
    } catch (error) {
      throw modelFileMissing(path, error);
    }
    if (size !== file.bytes) throw modelFileTruncated(path, file.bytes, size);
  }
  for (const file of manifest.files) {
    const path = join(modelDir, file.name);
    if ((await sha256(path)) !== file.sha256) throw modelFileAltered(path);
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch (error) {
    throw modelFileMissing(path, error);
  }
  return hash.digest('hex');
}
