import { resolve } from 'node:path';
import { bytesPerToken, WorkspaceIndex, type OtherFilesIndex } from '../engine';
import { listFiles, loadFile } from './documents';
import type { Workbench } from './workbench';

/** Maximum size of the index of other files in bytes. */
const INDEX_BYTES = 128_000_000;

/**
 * Indexes the files of a folder for a completion in another file: they are tokenized, not read by the model.
 *
 * @param path a folder, or one file
 * @param completed the file to complete; it is left out
 * @throws UserError for a path that does not exist; signal.reason after an abort
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
