export { measureFidelity } from './measure';
export type { FidelitySource } from './measure';
