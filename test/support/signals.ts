import { SIGNALS, type Signal, type SignalWeights } from '../../src/server/ask/rank/signals';

/** Weights with which only these signals count. */
export const only = (...signals: Signal[]): SignalWeights =>
  Object.fromEntries(SIGNALS.map((name) => [name, Number(signals.includes(name))])) as SignalWeights;
