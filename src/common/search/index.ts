export { firstAtLeast } from './firstAtLeast';
