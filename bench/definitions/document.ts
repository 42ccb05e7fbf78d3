import ts from 'typescript';
import { isCode, type HeldOutPackage } from '../corpus';

/**
 * A package as a bundler would join it: its code in dependency order, without the import statements that such a file does not need.
 * (With them, every name from another file would be repeated at the top of the file that uses it.)
 */
export function bundleText({ files }: HeldOutPackage): string {
  return files
    .filter(({ path }) => isCode(path))
    .map(({ path, text }) => `${withoutImports(path, text).trim()}\n`)
    .join('\n');
}

/** Parses TypeScript or JavaScript; a file with errors still gives a tree. */
export function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
}

function withoutImports(path: string, text: string): string {
  const tree = parse(path, text);
  let rest = '';
  let at = 0;
  for (const statement of tree.statements) {
    if (!isImport(statement)) continue;
    const start = statement.getStart(tree);
    rest += text.slice(at, start);
    at = statement.end;
    while (text[at] === ' ' || text[at] === '\n') at++;
  }
  return rest + text.slice(at);
}

function isImport(statement: ts.Statement): boolean {
  if (ts.isImportDeclaration(statement) || ts.isImportEqualsDeclaration(statement)) return true;
  // `export { a, b }` too, with or without a module: names without a use.
  if (ts.isExportDeclaration(statement)) return true;
  return ts.isVariableStatement(statement) && statement.declarationList.declarations.every(isRequire);
}

function isRequire({ initializer }: ts.VariableDeclaration): boolean {
  return (
    initializer !== undefined &&
    ts.isCallExpression(initializer) &&
    ts.isIdentifier(initializer.expression) &&
    initializer.expression.text === 'require'
  );
}
