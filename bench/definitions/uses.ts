import ts from 'typescript';
import { parse } from './document';

/** The first use of a name after its only definition. UTF-16 offsets. */
export interface Use {
  name: string;
  /** Of the defining identifier. */
  definition: number;
  /** Start and end of the whole definition. */
  definitionStart: number;
  definitionEnd: number;
  /** Of the using identifier. */
  use: number;
}

/** Shorter names are common words more often than not. */
const SHORTEST = 5;

/**
 * Names that are defined once, do not occur before that, and are then not mentioned at all (not even in a comment or string) until
 * code uses them: at that use, the name can only be known from the definition.
 */
export function firstUses(text: string): Use[] {
  const tree = parse('bundle.ts', text);
  const definitions = new Map<string, ts.Identifier[]>();
  const identifiers = new Map<number, ts.Identifier>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      identifiers.set(node.getStart(tree), node);
      if (isDefined(node)) definitions.set(node.text, [...(definitions.get(node.text) ?? []), node]);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);

  const places = new Map<string, number[]>();
  for (const match of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
    const list = places.get(match[0]);
    // Only the first two positions matter.
    if (list === undefined) places.set(match[0], [match.index]);
    else if (list.length < 2) list.push(match.index);
  }

  const uses: Use[] = [];
  for (const [name, defined] of definitions) {
    if (name.length < SHORTEST || defined.length !== 1) continue;
    const [first, second] = places.get(name) ?? [];
    const definition = defined[0]!.getStart(tree);
    if (first !== definition || second === undefined) continue;
    const use = identifiers.get(second);
    if (use?.text !== name || use.end > text.length) continue;
    const whole = wholeDefinition(defined[0]!);
    uses.push({ name, definition, definitionStart: whole.getStart(tree), definitionEnd: whole.end, use: second });
  }
  return uses.sort((a, b) => a.use - b.use);
}

/** Whether the identifier is the name of something defined there. */
function isDefined(node: ts.Identifier): boolean {
  const { parent } = node;
  const isNamed =
    ts.isFunctionDeclaration(parent) ||
    ts.isClassDeclaration(parent) ||
    ts.isInterfaceDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) ||
    ts.isEnumDeclaration(parent) ||
    ts.isEnumMember(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isGetAccessorDeclaration(parent);
  return isNamed && parent.name === node;
}

/** For a variable, the statement with its keyword. */
function wholeDefinition(name: ts.Identifier): ts.Node {
  const { parent } = name;
  return ts.isVariableDeclaration(parent) && ts.isVariableStatement(parent.parent.parent)
    ? parent.parent.parent
    : parent;
}
