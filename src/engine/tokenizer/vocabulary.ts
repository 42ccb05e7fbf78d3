import { modelFileInvalid } from '../errors';
import { JsonReader, isObject } from '../json';

/** The contents of `tokenizer.json`, with bytes instead of printable stand-ins. */
export interface Vocabulary {
  /** Bytes of each token id; empty for special tokens, which stand for no text. */
  readonly bytes: readonly Uint8Array[];
  readonly specials: ReadonlyMap<string, number>;
  /** Token id of each single byte, 256 entries. */
  readonly byteIds: Uint32Array;
  /** Merge i joins left[i] and right[i] into result[i]; lower i first. */
  readonly merges: { readonly left: Uint32Array; readonly right: Uint32Array; readonly result: Uint32Array };
}

/**
 * Parses the text of a `tokenizer.json`.
 * @throws UserError `model-file-invalid` when it is not a byte-level BPE tokenizer or contradicts itself.
 */
export function parseVocabulary(file: string, text: string): Vocabulary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw modelFileInvalid(file, 'it is not JSON', error);
  }
  if (!isObject(value)) throw modelFileInvalid(file, 'an object is expected');
  const json = new JsonReader(file, value);
  const model = json.child('model');
  if (model.text('type') !== 'BPE') throw model.wrong('type', '"BPE"');

  const specials = new Map<string, number>();
  for (const token of json.objects('added_tokens')) specials.set(token.text('content'), token.count('id', 0));

  const table = (value['model'] as { vocab?: unknown }).vocab;
  if (!isObject(table)) throw model.wrong('vocab', 'an object');
  const ids = new Map<string, number>();
  for (const [token, id] of Object.entries(table)) {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) throw model.wrong('vocab', 'a map to token ids');
    ids.set(token, id);
  }
  let size = 0;
  for (const id of [...specials.values(), ...ids.values()]) size = Math.max(size, id + 1);
  if (size > 1 << 24) throw model.wrong('vocab', 'a map to ids without gaps');
  const bytes = new Array<Uint8Array | undefined>(size).fill(undefined);
  const fromPrintable = printableBytes();
  for (const [token, id] of ids) {
    bytes[id] = specials.get(token) === id ? new Uint8Array(0) : toBytes(token, fromPrintable, model);
  }
  for (const id of specials.values()) bytes[id] = new Uint8Array(0);
  const complete = bytes.map((entry, id) => {
    if (entry === undefined) throw modelFileInvalid(file, `token ${id} has no entry`);
    return entry;
  });

  const byteIds = new Uint32Array(256);
  for (const [character, byte] of fromPrintable) {
    const id = ids.get(character);
    if (id === undefined) throw modelFileInvalid(file, `byte ${byte} has no token`);
    byteIds[byte] = id;
  }

  const list = model.array('merges');
  const merges = {
    left: new Uint32Array(list.length),
    right: new Uint32Array(list.length),
    result: new Uint32Array(list.length),
  };
  list.forEach((entry, i) => {
    // Both forms are in use: "a b" (older files) and ["a", "b"].
    const [a, b] = typeof entry === 'string' ? entry.split(' ') : Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof a !== 'string' || typeof b !== 'string') throw model.wrong('merges', 'a list of pairs');
    const left = ids.get(a);
    const right = ids.get(b);
    const result = ids.get(a + b);
    if (left === undefined || right === undefined || result === undefined) {
      throw modelFileInvalid(file, `merge ${i} names an unknown token`);
    }
    merges.left[i] = left;
    merges.right[i] = right;
    merges.result[i] = result;
  });
  return { bytes: complete, specials, byteIds, merges };
}

/** GPT-2's mapping of bytes to printable characters, as used in Hugging Face's files: character -> byte. */
function printableBytes(): Map<string, number> {
  const map = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    map.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return map;
}

function toBytes(token: string, fromPrintable: ReadonlyMap<string, number>, model: JsonReader): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = fromPrintable.get(token[i]!);
    if (byte === undefined) throw model.wrong('vocab', `byte-level (token "${token}" is not)`);
    bytes[i] = byte;
  }
  return bytes;
}
