import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ngramFile } from '../../src/engine/ngram';
import { temporaryFolder } from '../support/folder';
import { tinyModelWith } from '../support/tinyModel';
import { TestServer } from './client';
import { lines } from './text';

const table = (longest: number) => ({
  upTo: [32],
  longest: [longest],
  longestShare: [0],
  shorter: [0],
  shorterShare: [0],
});
const text = { scale: 1, certain: 0, occurs: 0, lengths: table(0) };
const weights = { ...text, workspace: { ...text, scale: 0.01, beyond: table(20), within: table(20) } };

/** The tiny model, which has random weights, with n-gram matches weighted so much that completions are known beforehand. */
export const copyingModel = (): Promise<string> => tinyModelWith(ngramFile, weights);

const beginning = 'export function deliverParcel(';
const continuation = 'address: string) {\n  return courier.send(address);\n}';
const before = `${lines(6)}\n`;

/** A file of the workspace, and a text whose end continues like that file. */
export const copied = {
  known: `${beginning}${continuation}\n`,
  typed: before + beginning,
  cursor: [before.split('\n').length - 1, beginning.length] as const,
  continuation,
};

/** A server with the copying model on a folder that holds the known file, once that is read. */
export async function copyingServer(): Promise<TestServer> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'known.ts'), copied.known);
  const server = await TestServer.start({
    cache: await temporaryFolder(),
    folder,
    environment: { MEMMAMBA_MODEL: await copyingModel() },
  });
  await server.ready();
  return server;
}
