/**
 * Names declared by lines, in the languages we know best. A heuristic on single lines: it decides which of several places that
 * share words with a question comes first, never whether there is an answer.
 */
const modifiers =
  '(?:export|default|declare|public|private|protected|internal|static|abstract|async|readonly|final|inline|unsafe|extern|override|pub(?:\\([^)]*\\))?)';

const name = '([\\p{L}_$][\\p{L}\\p{N}_$]*)';

const patterns: readonly RegExp[] = [
  // const x, class X, def x, fn x, #define X; in Go also func (receiver) x.
  new RegExp(
    `^\\s*(?:${modifiers}\\s+)*(?:const\\s+(?:enum|fn)|function\\s*\\*?|const|let|var|val|class|interface|type|enum|namespace|module|mod|def|fn|func(?:\\s*\\([^)]*\\))?|struct|trait|union|typedef|#define|macro_rules!)\\s+(?:mut\\s+)?${name}`,
    'u',
  ),
  // A member or key with its type or value: x: T, x = 1, x(): T, x() {
  new RegExp(
    `^\\s*(?:(?:${modifiers}|get|set)\\s+)*["']?${name}["']?[?!]?\\s*(?:<[^>]*>)?\\s*(?::(?!:)|=(?![=>])|\\([^)]*\\)\\s*[:{])`,
    'u',
  ),
  // A C-like function: int x(int y) {
  new RegExp(`^(?:[\\w:<>,*&]+\\s+)+[*&]*${name}\\s*\\([^;]*\\)\\s*(?:const)?\\s*\\{?\\s*$`, 'u'),
];

const keywords = new Set(
  'if for while switch catch return else do case throw new await yield import from export'.split(' '),
);

const comment = /^\s*(\/\/|\/\*|\*|#(?!define|include)|--|;|"""|''')/;

/** Whether a line is a comment or the inside of one. */
export function isComment(line: string): boolean {
  return comment.test(line);
}

/** The name that a line declares, if it is such a line. */
export function declaredName(line: string): string | undefined {
  if (isComment(line)) return undefined;
  for (const pattern of patterns) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined && !keywords.has(found)) return found;
  }
  return undefined;
}
