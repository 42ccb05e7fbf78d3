export { declaredName, isComment } from './declarations';
export { inContext } from './framing';
export { Question } from './question';
export { questionTerms, termsOf, termWeight } from './terms';
