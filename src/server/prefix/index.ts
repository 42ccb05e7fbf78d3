export { PrefixStates, commonLength } from './prefixStates';
