/** The only file that loads the inference library. */
import type * as Ort from 'onnxruntime-node';
import { engineUnavailable } from './errors';

export type OnnxRuntime = typeof Ort;

let library: Promise<OnnxRuntime> | undefined;

/**
 * Loads the native library on first use, so that a machine without it gets a message instead of a crash at start.
 * @throws UserError `engine-unavailable`
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  // Read once while the library loads. Without it the Linux build looks up its vendor's host, reads the machine's id and writes
  // a queue of events into the home folder.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  library ??= import('onnxruntime-node').then((module: OnnxRuntime & { default?: OnnxRuntime }) => {
    const ort = module.default ?? module;
    ort.env.logLevel = 'error';
    return ort;
  });
  try {
    return await library;
  } catch (error) {
    library = undefined;
    throw engineUnavailable(error);
  }
}
