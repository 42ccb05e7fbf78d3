import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, silentLogger } from '../../../common';
import { Engine, type EngineOptions } from '../../../engine';
import type { RunTask } from '../stream';
import { Reranker } from './reranker';

/** The subfolder of a model's folder that holds its reranker; it may be absent. */
export const rerankerFolder = 'reranker';

/** As for the model itself, whose folder it is; and how it takes turns (see {@link Reranker}). */
export interface RerankerOptions extends Pick<EngineOptions, 'provider' | 'threads' | 'log'> {
  run?: RunTask;
  remembered?: number;
}

/**
 * Opens the reranker of a model. Never throws: without it answers are ranked less well, and a model works all the same.
 *
 * @param modelDir the folder of the model, not of the reranker
 * @returns undefined when the model has none, and when it cannot be used: then the log says why, and what to do
 */
export async function openReranker(modelDir: string, options: RerankerOptions = {}): Promise<Reranker | undefined> {
  const folder = join(modelDir, rerankerFolder);
  if (!existsSync(folder)) return undefined;
  const { run, remembered, log = silentLogger, ...settings } = options;
  try {
    const engine = await Engine.open({ ...settings, modelDir: folder });
    try {
      const reranker = new Reranker(engine, run, remembered);
      log.info(`The reranker in ${folder} runs on ${engine.report.provider}.`);
      return reranker;
    } catch (error) {
      await engine.dispose();
      throw error;
    }
  } catch (error) {
    const reason = describeError(error).replace(/\.$/, '');
    log.warn(
      `The reranker in ${folder} cannot be used, so answers are ranked without it: ${reason}. ` +
        'Install the extension again, or use a model folder that is complete.',
    );
    return undefined;
  }
}
