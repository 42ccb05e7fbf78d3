export { firstAtLeast, lastAtMost } from './firstAtLeast';
