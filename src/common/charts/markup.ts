/**
 * A piece of HTML or SVG as plain data. Text and attributes are values, never source: {@link toMarkup} escapes them and
 * {@link draw} creates nodes from them, so no file name or file content can become markup.
 */
export type Markup = string | MarkupElement;

export interface MarkupElement {
  readonly tag: string;
  /** Attributes that are undefined are omitted. */
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly children: readonly Markup[];
}

/** An element with its attributes and children. */
export function el(
  tag: string,
  attributes: MarkupElement['attributes'] = {},
  ...children: readonly Markup[]
): MarkupElement {
  return { tag, attributes, children };
}

/** HTML elements without an end tag. */
const empty = new Set(['meta', 'br', 'hr', 'input', 'col', 'link']);

/** SVG elements, which the browser creates in their own namespace. */
const svg = new Set(['svg', 'g', 'rect', 'line', 'path', 'polyline', 'circle', 'text', 'title', 'desc']);

/** Names come from this program alone; a wrong one is a bug and should not be repaired. */
const name = /^[a-zA-Z][\w:-]*$/;

/** The source of a tree, every text and attribute escaped. @throws RangeError for an invalid name */
export function toMarkup(node: Markup): string {
  if (typeof node === 'string') return escapeText(node);
  const parts = [`<${checked(node.tag)}`];
  for (const [key, value] of Object.entries(node.attributes)) {
    if (value !== undefined) parts.push(` ${checked(key)}="${escapeText(String(value))}"`);
  }
  if (empty.has(node.tag)) return `${parts.join('')}>`;
  return `${parts.join('')}>${node.children.map(toMarkup).join('')}</${node.tag}>`;
}

/**
 * Escapes a text for HTML or an attribute. Characters that no document may contain (controls, lone surrogates) become U+FFFD; a
 * carriage return would be read as a line feed, so it is written as a reference.
 */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\u007e\u00a0-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'\r]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function checked(text: string): string {
  if (!name.test(text)) throw new RangeError(`no name of an element or attribute: ${text}`);
  return text;
}

/** The parts of the DOM that {@link draw} needs; a browser's document has them. */
export interface DrawingDocument<N> {
  createElementNS(space: string, tag: string): N & DrawnElement<N>;
  createTextNode(text: string): N;
}

/** An element under construction. */
export interface DrawnElement<N> {
  setAttribute(name: string, value: string): void;
  append(...nodes: N[]): void;
}

/** Creates the nodes of a tree: text as text nodes, attributes as attributes, nothing parsed. */
export function draw<N>(node: Markup, document: DrawingDocument<N>, inSvg = false): N {
  if (typeof node === 'string') return document.createTextNode(node);
  const isSvg = node.tag === 'svg' || (inSvg && svg.has(node.tag));
  const space = isSvg ? 'http://www.w3.org/2000/svg' : 'http://www.w3.org/1999/xhtml';
  const element = document.createElementNS(space, checked(node.tag));
  for (const [key, value] of Object.entries(node.attributes)) {
    // The namespace declaration belongs in source only; createElementNS has set it already.
    if (value !== undefined && key !== 'xmlns') element.setAttribute(checked(key), String(value));
  }
  element.append(...node.children.map((child) => draw(child, document, isSvg)));
  return element;
}
