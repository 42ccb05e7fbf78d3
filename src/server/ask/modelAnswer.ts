import { answerQuestion, AttentionMass, appendQuestion, type Decoder, type ReadingEngine } from '../../engine';
import type { FileReading } from '../../memory';
import { Priority, type EngineTasks, type Reader, type WorkspaceFile } from '../../workspace';

/** What the model remembers of one document when asked. */
export interface ModelAnswer {
  /**
   * 0-based lines that the model attended to while reading the question, with their share of its attention, most first.
   */
  lines: { line: number; weight: number }[];
  /** Its own answer. */
  answer: { text: string; meanLogProb: number } | undefined;
}

const MAX_ANSWER_TOKENS = 32;

/**
 * Puts the question to the model after a document: `<|question|> ... <|answer|>`. The attention that notes receive shows which
 * lines it recalls; what it then writes, until `<|none|>` or the end of the line, is its answer.
 */
export async function answerFromMemory(
  engine: ReadingEngine,
  reading: FileReading,
  question: string,
  signal?: AbortSignal,
  watch: (decoder: Decoder, reading: FileReading) => Decoder = (decoder) => decoder,
): Promise<ModelAnswer> {
  const { tokenizer } = engine;
  const decoder = watch(await engine.decoder(reading.state, reading.tail), reading);
  const attention = new AttentionMass(engine.config);
  const decoders = await appendQuestion(decoder, tokenizer, question, { attention });

  const weights = new Map<number, number>();
  let total = 0;
  for (const { position, weight } of attention.list()) {
    const index = position - reading.headerTokens;
    if (index < 0 || position >= reading.tokens.length) continue;
    const { line } = reading.offsets.position(index);
    weights.set(line, (weights.get(line) ?? 0) + weight);
    total += weight;
  }
  const lines = [...weights].map(([line, weight]) => ({ line, weight: weight / total }));
  lines.sort((a, b) => b.weight - a.weight || a.line - b.line);

  const options = { tokenizer, maxTokens: MAX_ANSWER_TOKENS, stop: 'line', ...(signal && { signal }) } as const;
  const written = await answerQuestion(decoders, options);
  const text = Buffer.from(written.bytes).toString('utf8').trim();
  return { lines, answer: text === '' ? undefined : { text, meanLogProb: written.logProb / written.ids.length } };
}

/**
 * Puts a question to the model after a file, which is read to its end first.
 *
 * @param watch wraps the decoder, to watch it
 */
export async function answerFromFile(
  { reader, tasks }: { reader: Reader; tasks: EngineTasks },
  file: WorkspaceFile,
  question: string,
  signal: AbortSignal,
  watch?: (decoder: Decoder, reading: FileReading) => Decoder,
): Promise<ModelAnswer> {
  // Reading takes its own turns, so it must not happen within a turn of this task.
  const reading = await reader.read(file, true, signal);
  return tasks.run({ priority: () => Priority.ask, signal }, async (engine) => {
    await engine.turn();
    return answerFromMemory(engine, reading, question, signal, watch);
  });
}
