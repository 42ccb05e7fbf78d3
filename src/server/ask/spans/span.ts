/**
 * Kind of a span: a whole function or method, another definition (class, interface, enum, type), or lines outside of definitions.
 */
export type SpanKind = 'function' | 'type' | 'lines';

/** Lines that are found and cited as one. Lines are 0-based, ends exclusive. */
export interface Span {
  start: number;
  end: number;
  kind: SpanKind;
  /** What it defines; for a part of a longer definition or the lines between a class's methods, the name of that definition. */
  name: string | undefined;
  /** Names of the definitions around it, outermost first. */
  owners: readonly string[];
  /** Lines before this one are its documentation comment and attributes. */
  code: number;
  /** Lines from `code` to here are its signature. */
  signatureEnd: number;
  /** Documentation inside the definition (a Python docstring): first line and end. */
  docstring: readonly [number, number] | undefined;
}

/** A definition in the syntax tree, with the definitions inside it. */
export interface Definition extends Omit<Span, 'owners' | 'name'> {
  name: string | undefined;
  children: Definition[];
}
