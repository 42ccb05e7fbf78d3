import type { ReadingEngine } from '../engine';
import type { FileReading } from '../memory';
import { Priority, type EngineTasks, type Reader, type WorkspaceFile } from '../workspace';
import { recall, type Recall } from './ask';

/**
 * Puts a question to the model behind a file, which is read to its end first.
 *
 * @param watch the engine to use for it
 */
export async function recallFile(
  { reader, tasks }: { reader: Reader; tasks: EngineTasks },
  file: WorkspaceFile,
  question: string,
  signal: AbortSignal,
  watch: (engine: ReadingEngine, reading: FileReading) => ReadingEngine = (engine) => engine,
): Promise<Recall> {
  // Reading takes turns of its own, so it must not happen within a turn of this task.
  const reading = await reader.read(file, true, signal);
  return tasks.run({ priority: () => Priority.ask, signal }, async (engine) => {
    await engine.turn();
    return recall(watch(engine, reading), reading, question, signal);
  });
}
