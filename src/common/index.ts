export { describeError, errorsOf, ExitCode, systemCode, UserError } from './errors';
export { errors, fileSystemError } from './catalogue';
export { silentLogger } from './logger';
export type { Logger } from './logger';
export { isAbort, throwIfAborted, unlessAborted, yieldToEvents } from './cancellation';
export { formatBytes, formatCount, formatDuration, plural } from './format';
export { LineIndex, linesAround } from './lines';
export type { TextPosition } from './lines';
export { commonLength, firstAtLeast, lastAtMost } from './search';
export { RecencyCache } from './recencyCache';
export { editBetween } from './textEdit';
export { lengthOf, normalize, quantize } from './vectors';
export { visibleJson, visibleLine, visibleText } from './visible';
export { version } from './version';
export { isMeasured } from './fidelity';
export type {
  FidelityGap,
  FidelityMean,
  FidelityMetricName,
  FidelityReport,
  FidelitySample,
  FidelityWorth,
  HorizontalFidelity,
  Measured,
  VerticalFidelity,
} from './fidelity';
