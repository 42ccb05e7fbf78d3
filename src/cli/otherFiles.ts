import { resolve } from 'node:path';
import { bytesPerToken, WorkspaceIndex, type OtherFilesIndex } from '../engine';
import { listFiles, loadFile } from './documents';
import type { Workbench } from './workbench';

/** Bytes that the index of other files may take. */
const INDEX_BYTES = 128_000_000;

/**
 * What stands in the files of a folder, for a completion in another file: they are cut into tokens, not read by the model.
 *
 * @param path a folder, or one file
 * @param completed the file that is completed; it is left out
 * @throws UserError for a path that is not there; signal.reason after an abort
 */
export async function loadOtherFiles(
  { engine, maxBytes, progress }: Workbench,
  path: string,
  completed: string,
  signal: AbortSignal,
): Promise<OtherFilesIndex> {
  const own = resolve(completed);
  const index = new WorkspaceIndex(engine.config.vocabSize, Math.floor(INDEX_BYTES / bytesPerToken));
  const { files } = await listFiles([path], signal);
  for (const file of files) {
    if (file.label === own) continue;
    const loaded = await loadFile(file, maxBytes, signal);
    if ('skipped' in loaded) continue;
    progress.announce(`${file.path}: cutting into tokens`);
    index.set(file.label, engine.tokenizer.encode(loaded.document.bytes));
  }
  return index.excluding(own);
}
