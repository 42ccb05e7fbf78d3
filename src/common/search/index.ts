export { firstAtLeast, lastAtMost } from './firstAtLeast';
export { commonLength } from './commonLength';
