import type { Names, Style } from './names';

/** Kind of a fact; for `keys8` and `keys32` a document contains 8 or 32 passkeys. */
export const kinds = ['passkey', 'keys8', 'keys32', 'uuid', 'signature', 'enum', 'absent', 'absent8'] as const;
export type Kind = (typeof kinds)[number];

/** Whether training has planted facts with these templates (`seen`) or never (`new`): see README.md. */
export type Family = 'seen' | 'new';

/** The template families of one fact. */
export type TemplatePair = Pick<Fact, 'defined' | 'asked'>;

/** A definition with random name and value, and the ways to ask for it. */
export interface Fact {
  /** Template family of the definition. */
  defined: Family;
  /** Template family of `use` and `question`. */
  asked: Family;
  name: string;
  value: string;
  /** Starts with a line end and has none at its end, so that it fits between two lines of code. */
  definition: string;
  /** Code that the value must follow. */
  use: string;
  question: string;
}

/** A fact of one kind. */
export function makeFact(kind: Kind, templates: TemplatePair, names: Names): Fact {
  if (kind === 'signature') return signature(templates, names);
  return kind === 'enum'
    ? enumMember(templates, names)
    : constant(kind === 'uuid' ? 'uuid' : 'passkey', templates, names);
}

/** A question about a name of the same style that does not occur. */
export function absentQuestion(asked: Family, names: Names): { name: string; question: string } {
  const name = names.name(names.pick<Style>(['camel', 'upper', 'upper', 'pascal', 'snake']));
  return { name, question: valueQuestion(asked, names, name) };
}

const questions = {
  seen: ['What is {}?', 'What is the value of {}?', 'value of {}', 'Which value has {}?'],
  new: ['Which value was given to {}?', 'Please tell me what {} is set to.', 'How much is {}?'],
};

function valueQuestion(family: Family, names: Names, name: string): string {
  return names.pick(questions[family]).replace('{}', name);
}

function uuid(names: Names): string {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => names.integer(0, 15).toString(16)).join('');
  return `"${hex(8)}-${hex(4)}-4${hex(3)}-${names.pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}"`;
}

function constant(kind: 'uuid' | 'passkey', templates: TemplatePair, names: Names): Fact {
  const name = names.name(names.pick<Style>(['camel', 'upper', 'upper', 'pascal']));
  const value = kind === 'uuid' ? uuid(names) : String(names.integer(10_000, 99_999));
  const type = kind === 'uuid' ? 'string' : 'number';
  const definitions = {
    seen: [`export const ${name} = ${value};`, `const ${name} = ${value};`, `#define ${name} ${value}`],
    new: [
      `export let ${name}: ${type} = ${value};`,
      `  static readonly ${name}: ${type} = ${value};`,
      `globalThis.${name} ??= ${value};`,
    ],
  };
  const uses = {
    seen: [`assert ${name} == `, `expect(${name}).toBe(`, `assertEquals(${name}, `, `// ${name} = `],
    new: [`console.assert(${name} === `, `if (${name} !== `, `equal(${name}, `],
  };
  return {
    ...templates,
    name,
    value,
    definition: `\n${names.pick(definitions[templates.defined])}`,
    use: `\n${names.pick(uses[templates.asked])}`,
    question: valueQuestion(templates.asked, names, name),
  };
}

function enumMember(templates: TemplatePair, names: Names): Fact {
  const owner = names.name('pascal');
  const member = names.name(names.pick<Style>(['pascal', 'upper']));
  const value = String(names.integer(100, 99_999));
  const sibling = (): readonly [string, string] => [names.name('pascal'), String(names.integer(100, 99_999))];
  const members = [sibling(), [member, value] as const, ...(names.integer(0, 1) === 1 ? [sibling()] : [])];
  const lines = (between: string): string => members.map(([key, number]) => `  ${key}${between}${number},\n`).join('');
  const name = `${owner}.${member}`;
  const definitions = {
    seen: [`export enum ${owner} {\n${lines(' = ')}}`],
    new: [
      `export declare const enum ${owner} {\n${lines(' = ')}}`,
      `export const ${owner} = {\n${lines(': ')}} as const;`,
    ],
  };
  const uses = {
    seen: [`assert.equal(${name}, `, `// ${name} = `],
    new: [`console.assert(${name} === `, `expectValue(${name}, `],
  };
  return {
    ...templates,
    name,
    value,
    definition: `\n${names.pick(definitions[templates.defined])}`,
    use: `\n${names.pick(uses[templates.asked])}`,
    question: valueQuestion(templates.asked, names, name),
  };
}

const types = ['number', 'string', 'boolean', 'Buffer', 'Date', 'string[]', 'Node[]', 'unknown', 'Promise<void>'];

function signature(templates: TemplatePair, names: Names): Fact {
  const name = names.name('camel');
  const list = Array.from({ length: names.integer(1, 3) }, () => `${names.name('camel')}: ${names.pick(types)}`);
  const value = `(${list.join(', ')}): ${names.pick(types)}`;
  const definitions = {
    seen: [`export function ${name}${value} {`],
    new: [`  protected override ${name}${value} {`, `  abstract ${name}${value};`],
  };
  const uses = {
    seen: [`// ${name}`, `declare function ${name}`],
    new: [` * {@link ${name}`, `// overload of ${name}`],
  };
  return {
    ...templates,
    name,
    value,
    definition: `\n${names.pick(definitions[templates.defined])}`,
    use: `\n${names.pick(uses[templates.asked])}`,
    question: templates.asked === 'seen' ? `What is ${name}?` : `Which signature has ${name}?`,
  };
}
