export { LazyReranker } from './lazyReranker';
export { openReranker, rerankerFolder, type RerankerOptions } from './open';
export { Reranker } from './reranker';
export { addNumbers, MAX_PLACES, type Reranking } from './weigh';
