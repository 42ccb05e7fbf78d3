import type { Decoder, Engine, Lookup, TokenIndex } from '../../src/engine';

/** What one decoder was given. */
export interface Fed {
  /** Position of the state that it came from. */
  from: number;
  /** Every token since then, those before its fork included. */
  ids: number[];
  /** Of those: the tokens that were run in the decoder itself, not in the one that it was forked from. */
  own: number;
}

/** What completions ask of an engine, in order. */
export interface Recording {
  /** One entry for each decoder that was made from a state. */
  made: Fed[];
  /** One entry for each fork of a decoder. */
  forks: Fed[];
  /** Blocks that were read. */
  blocks: number;
  /** Texts that decoders were asked how they go on to. */
  predicted: number[][];
  /** For each lookup: the text before the cursor that it looks in, and the tokens that it was moved on by. */
  lookups: { before: Uint32Array; pushed: number[] }[];
}

/**
 * The same engine; everything that completions do with it is written down. It looks up without weighing in.
 * @param infill how much of the text behind cursors it shows
 * @param lineWeights how it chooses among lines
 */
export function recordingEngine(
  engine: Engine,
  infill = engine.infill,
  lineWeights = engine.lineWeights,
): { engine: Engine; recording: Recording } {
  const recording: Recording = { made: [], forks: [], blocks: 0, predicted: [], lookups: [] };
  const record = (decoder: Decoder, fed: Fed): Decoder =>
    Object.assign(Object.create(decoder) as Decoder, {
      append: (...args: Parameters<Decoder['append']>) => {
        fed.ids.push(...args[0]);
        fed.own += args[0].length;
        return decoder.append(...args);
      },
      predict: (ids: Uint32Array) => {
        recording.predicted.push([...ids]);
        return decoder.predict(ids);
      },
      fork: () => {
        const fork: Fed = { ...fed, ids: [...fed.ids], own: 0 };
        recording.forks.push(fork);
        return record(decoder.fork(), fork);
      },
    });
  const own: Partial<Engine> = {
    infill,
    lineWeights,
    readBlock: (...args) => {
      recording.blocks++;
      return engine.readBlock(...args);
    },
    prefill: (...args) => {
      recording.blocks += args[1].length / engine.config.blockSize;
      return engine.prefill(...args);
    },
    decoder: async (state, tail) => {
      const fed: Fed = { from: state.position, ids: [...tail], own: tail.length };
      recording.made.push(fed);
      return record(await engine.decoder(state, tail), fed);
    },
    lookup: ({ before }: TokenIndex) => {
      const entry = { before, pushed: [] as number[] };
      recording.lookups.push(entry);
      const watched = (pushed: number[]): Pick<Lookup, 'push' | 'blend' | 'fork'> => ({
        push: (...ids) => void pushed.push(...ids),
        blend: (logits) => logits,
        fork: () => watched([...pushed]) as Lookup,
      });
      return watched(entry.pushed) as Lookup;
    },
  };
  return { engine: Object.assign(Object.create(engine) as Engine, own), recording };
}
