import type { Node, Tree } from '@vscode/tree-sitter-wasm';

/** A token of a text as its grammar has it: `(`, `end`, the content of a string. */
export interface Leaf {
  type: string;
  /** UTF-16 offsets. */
  start: number;
  end: number;
}

/** Nodes that the grammar could not make sense of, and tokens that it had to add. */
export function syntaxErrors({ rootNode }: Tree): number {
  let count = 0;
  const visit = (node: Node): void => {
    if (node.isError || node.isMissing) count++;
    for (const child of node.children) if (child?.hasError === true) visit(child);
  };
  if (rootNode.hasError) visit(rootNode);
  return count;
}

/** The tokens that begin within a part of the text. Those that the grammar had to add are not there. */
export function leavesIn(tree: Tree, from: number, to: number): Leaf[] {
  const leaves: Leaf[] = [];
  const cursor = tree.walk();
  const visit = (): void => {
    const { nodeType, startIndex, endIndex } = cursor;
    if (!cursor.gotoFirstChild()) {
      if (startIndex >= from && endIndex > startIndex)
        leaves.push({ type: nodeType, start: startIndex, end: endIndex });
      return;
    }
    do {
      if (cursor.startIndex >= to) break;
      if (cursor.endIndex > from) visit();
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  };
  visit();
  cursor.delete();
  return leaves;
}
