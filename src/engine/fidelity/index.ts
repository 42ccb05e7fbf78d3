export { measureFidelity } from './measure';
export type { FidelityOptions, FidelitySource } from './measure';
export { leastRho, Probe } from './probe';
