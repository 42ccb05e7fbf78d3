export { QuestionEmbedder, type RunTask } from './questionEmbedder';
export { spanVectors } from './spanVectors';
export { VectorTable, type QuantizedVectors, type Rows } from './vectorTable';
