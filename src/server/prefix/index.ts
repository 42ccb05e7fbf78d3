export { PrefixStates, commonLength, sameTokens } from './prefixStates';
