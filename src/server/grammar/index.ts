export { closerOf } from './closers';
export { DocumentTree, type TextEdit } from './documentTree';
export { grammars, languageById, languageOf, type LanguageKinds } from './languages';
export { leavesIn, syntaxErrors, type Leaf } from './nodes';
export { parseText } from './parse';
