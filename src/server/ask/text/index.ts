export { declaredName, isComment } from './declarations';
export { Question } from './question';
export { questionTerms, termsOf, termWeight } from './terms';
