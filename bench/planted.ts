import { seededRandom } from '../src/engine/random';
import type { HeldOutFile } from './heldOut';

/** A value under a random name, planted in real code. */
export interface PlantedKey {
  name: string;
  value: string;
  /** Bytes of the value in the document. */
  start: number;
  end: number;
}

/** Real held-out code with definitions that occur nowhere else. */
export interface PlantedDocument {
  name: string;
  bytes: Buffer;
  /** In order of position. */
  keys: PlantedKey[];
}

const heads = 'retry cache queue batch frame token panel route shard lease probe drain'.split(' ');
const tails = 'limit size delay count index width level bound offset weight'.split(' ');
const words = 'amber basil cedar delta ember fjord grove haven ivory jasper krill lotus maple nadir onyx pearl'.split(
  ' ',
);

/**
 * Names composed of few words, so that most have near twins: the more keys, the harder they are to tell apart, and the more
 * compete for notes.
 */
function someName(random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
  return `${pick(heads)}_${pick(tails)}_${Math.floor(random() * 90) + 10}`.toUpperCase();
}

function someValue(random: () => number): string {
  const kind = random();
  if (kind < 0.5) return String(10_000 + Math.floor(random() * 90_000));
  if (kind < 0.7) return `0x${Math.floor(random() * 2 ** 24).toString(16)}`;
  const word = (): string => words[Math.floor(random() * words.length)]!;
  return `"${word()}-${word()}-${Math.floor(random() * 90) + 10}"`;
}

/**
 * A document of about `size` bytes of held-out code with `count` definitions inserted at random line ends.
 * @throws Error when the held-out files have no lines
 */
export function plantedDocument(
  files: readonly HeldOutFile[],
  { size, count, seed }: { size: number; count: number; seed: number },
): PlantedDocument {
  const random = seededRandom(seed);
  let text = '';
  for (let at = Math.floor(random() * files.length); text.length < size; at++) {
    text += `${files[at % files.length]!.bytes.toString('utf8')}\n`;
  }
  const lines = text.slice(0, size).split('\n');
  const taken = new Set<string>();
  const planted = Array.from({ length: count }, () => {
    let name = someName(random);
    while (taken.has(name)) name = someName(random);
    taken.add(name);
    return { name, value: someValue(random), line: Math.floor(random() * lines.length) };
  }).sort((a, b) => a.line - b.line);
  const keys: PlantedKey[] = [];
  const parts: string[] = [];
  let bytes = 0;
  const write = (part: string): void => {
    parts.push(part);
    bytes += Buffer.byteLength(part);
  };
  let next = 0;
  lines.forEach((line, i) => {
    for (; planted[next]?.line === i; next++) {
      const { name, value } = planted[next]!;
      write(`export const ${name} = `);
      keys.push({ name, value, start: bytes, end: bytes + value.length });
      write(`${value};\n`);
    }
    write(`${line}\n`);
  });
  return { name: 'planted.ts', bytes: Buffer.from(parts.join('')), keys };
}
