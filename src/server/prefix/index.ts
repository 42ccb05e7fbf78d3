export { PrefixStates, sameTokens } from './prefixStates';
export { PrefixKeeper } from './prefixKeeper';
