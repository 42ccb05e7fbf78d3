export { PrefixStates, commonLength, sameTokens } from './prefixStates';
export { PrefixKeeper } from './prefixKeeper';
