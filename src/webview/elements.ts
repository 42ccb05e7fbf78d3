import { draw, type MarkupElement } from '../common/charts';

/** Creates an HTML or SVG element with properties and children. Text is inserted as text, never as HTML. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]>,
  ...children: (Node | MarkupElement)[]
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.map((child) => (child instanceof Node ? child : draw<Node>(child, document))));
  return element;
}

/** A button with its click handler. */
export function button(properties: Partial<HTMLButtonElement>, onclick: () => void): HTMLButtonElement {
  return make('button', { type: 'button', ...properties, onclick });
}
