import type { Node } from '@vscode/tree-sitter-wasm';
import type { LanguageKinds } from '../../grammar';
import type { Definition } from './span';

/** In a function of this many lines or more, nested functions are worth finding separately. */
const LONG_FUNCTION = 60;

/** A nested function of fewer lines stays part of the one around it. */
const SHORT_NESTED = 4;

/** People do not nest code deeper than this; deeper trees are data. */
const MAX_DEPTH = 48;

/**
 * The definitions of a file, nested as they are in it.
 *
 * @param lineOf line of a UTF-16 offset (parser and editors differ on line ends)
 */
export function outline(root: Node, language: LanguageKinds, lineOf: (offset: number) => number): Definition[] {
  const visit = (node: Node, outer: Node, isNested: boolean, depth: number): Definition[] => {
    if (depth > MAX_DEPTH) return [];
    const isFunction = language.functions.has(node.type);
    const isType = !isFunction && language.types.has(node.type) && node.childForFieldName('body') !== null;
    const isPlainType = !isFunction && !isType && language.types.has(node.type);
    if (!isFunction && !isType && !isPlainType) {
      if (node !== root && !language.wrappers.has(node.type)) return [];
      return inside(node, outer, isNested, depth);
    }
    if (isPlainType && node.type.endsWith('specifier')) return [];
    const start = lineOf(firstOf(outer).startIndex);
    const code = lineOf(outer.startIndex);
    const end = lineOf(Math.max(outer.endIndex - 1, outer.startIndex)) + 1;
    const lines = end - code;
    const least = isNested ? SHORT_NESTED : isAnonymous(node) ? 2 : 1;
    if (isFunction && lines < least) return [];
    const body = node.childForFieldName('body') ?? undefined;
    const descends = isType || (isFunction && lines >= LONG_FUNCTION);
    const children = descends && body ? visitBody(body, isNested || isFunction, depth) : [];
    return [
      {
        start,
        end,
        kind: isFunction ? 'function' : 'type',
        name: nameOf(node, outer),
        code,
        signatureEnd: body ? Math.max(code + 1, lineOf(body.startIndex) + (startsLine(body, lineOf) ? 0 : 1)) : end,
        docstring: docstringOf(body, lineOf),
        children,
      },
    ];
  };
  const visitBody = (body: Node, isNested: boolean, depth: number): Definition[] =>
    body.namedChildren.flatMap((child) => (child === null ? [] : visit(child, child, isNested, depth + 1)));
  const inside = (node: Node, outer: Node, isNested: boolean, depth: number): Definition[] =>
    node.namedChildren.flatMap((child) =>
      // The comment before a wrapper belongs to the definition when the wrapper contains only one.
      child === null ? [] : visit(child, isTransparent(node, root) ? outer : child, isNested, depth + 1),
    );
  return tidy(visit(root, root, false, 0));
}

/** Wrappers that exist only for their definition: `export`, decorators, `const f = () => …`, templates. */
const transparent = new Set(
  (
    'export_statement ambient_declaration lexical_declaration variable_declaration variable_declarator expression_statement ' +
    'assignment_expression public_field_definition field_definition pair decorated_definition template_declaration type_definition declaration'
  ).split(' '),
);

function isTransparent(node: Node, root: Node): boolean {
  return node !== root && transparent.has(node.type);
}

/** The first of the comments and attributes directly before a node. */
function firstOf(node: Node): Node {
  let first = node;
  for (;;) {
    const before = first.previousSibling;
    if (before === null || !/comment|attribute|decorator|annotation/.test(before.type)) return first;
    const gap = first.startPosition.row - lastRow(before);
    // A comment after code on its own line belongs to that code.
    const previous = before.previousSibling;
    if (gap > 1 || (previous !== null && lastRow(previous) === before.startPosition.row)) return first;
    first = before;
  }
}

/** Some grammars include the line end in a comment. */
function lastRow({ startPosition, endPosition }: Node): number {
  return endPosition.column === 0 && endPosition.row > startPosition.row ? endPosition.row - 1 : endPosition.row;
}

function isAnonymous(node: Node): boolean {
  return /^(arrow_function|function_expression)$/.test(node.type);
}

function nameOf(node: Node, outer: Node): string | undefined {
  const own = node.childForFieldName('name')?.text;
  if (own !== undefined && own !== '') return short(own);
  // `impl Trait for Type`
  if (node.type === 'impl_item') return short(node.childForFieldName('type')?.text ?? '');
  // Go: `type X struct`; a group has the name of the first.
  if (node.type === 'type_declaration') return short(node.namedChildren[0]?.childForFieldName('name')?.text ?? '');
  for (let declarator = node.childForFieldName('declarator'); declarator !== null;) {
    const next: Node | null = declarator.childForFieldName('declarator');
    if (next === null) return short(declarator.text);
    declarator = next;
  }
  // `name = function`, `name: () =>`, `const name = () =>`
  for (let parent = node.parent; parent !== null; parent = parent.parent) {
    const named =
      parent.childForFieldName('name') ?? parent.childForFieldName('left') ?? parent.childForFieldName('key');
    if (named !== null && named.endIndex <= node.startIndex) return short(named.text);
    if (parent.equals(outer)) break;
  }
  return undefined;
}

function short(name: string): string | undefined {
  const line = name.split('\n', 1)[0]!.replace(/<.*$/s, '').trim();
  return line === '' ? undefined : line.slice(0, 120);
}

function startsLine(body: Node, lineOf: (offset: number) => number): boolean {
  const before = body.previousSibling;
  return before !== null && lineOf(before.endIndex) < lineOf(body.startIndex);
}

function docstringOf(body: Node | undefined, lineOf: (offset: number) => number): [number, number] | undefined {
  const first = body?.firstNamedChild;
  if (first?.type !== 'expression_statement' || first.firstNamedChild?.type !== 'string') return undefined;
  return [lineOf(first.startIndex), lineOf(first.endIndex) + 1];
}

/** In order, without those that share lines with the one before (several on one line). */
function tidy(definitions: Definition[]): Definition[] {
  const kept: Definition[] = [];
  for (const definition of definitions.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const previous = kept.at(-1);
    if (previous !== undefined && definition.start < previous.end) {
      if (definition.end <= previous.end) continue;
      definition.start = previous.end;
      definition.code = Math.max(definition.code, definition.start);
      definition.signatureEnd = Math.max(definition.signatureEnd, definition.code + 1);
    }
    definition.children = tidy(definition.children).filter(
      (child) => child.start >= definition.start && child.end <= definition.end,
    );
    kept.push(definition);
  }
  return kept;
}
