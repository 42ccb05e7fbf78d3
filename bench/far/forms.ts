import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from '../ask/packages';
import { root } from '../serverProcess';

/** What a completion has to know: one row of the table each. */
export const kinds = ['arguments', 'fields', 'enum', 'members', 'value', 'string', 'keys', 'types'] as const;
export type Kind = (typeof kinds)[number];

/** Languages that have forms. */
export const languages = ['typescript', 'python', 'go', 'java', 'rust'] as const satisfies readonly Language[];
export type FormLanguage = (typeof languages)[number];

/**
 * Where code is inserted: between top-level definitions, between the members of a class, or at the start of a function.
 */
export type Site = 'top' | 'member' | 'inside';

/** Code to insert, without its indentation. */
export interface Snippet {
  site: Site;
  text: string;
}

/** A fact, and code that cannot be completed without knowing it. */
export interface Form {
  language: FormLanguage;
  kind: Kind;
  definition: Snippet;
  /** With {@link marks} around what is to be completed. */
  uses: Snippet[];
}

/** `«expected¦also right»`; `…` after it keeps the rest of the line, which is removed otherwise. */
export const marks = { begin: '«', end: '»', or: '¦', keep: '…' } as const;

/** One file for each language. */
const folder = join(root, 'bench/far/forms');

/** @throws Error naming what is wrong with a form */
export function readForms(language: FormLanguage): Form[] {
  return parseForms(readFileSync(join(folder, `${language}.txt`), 'utf8'), language);
}

/** @throws Error naming what is wrong with a form */
export function parseForms(text: string, language: FormLanguage): Form[] {
  const forms = text.split(/^=== /m).slice(1);
  return forms.map((form) => {
    const [head = '', ...parts] = form.split(/^--- /m);
    const kind = kinds.find((one) => one === head.trim());
    if (kind === undefined) throw new Error(`${language}: no kind is called ${head.trim()}`);
    const [definition, ...uses] = parts.map((part) => parseSnippet(part, language));
    if (definition === undefined || uses.length === 0) throw new Error(`${language}: ${kind} without a use`);
    for (const { text: use } of uses) checkUse(use, definition, `${language}, ${kind}: ${use}`);
    return { language, kind, definition, uses };
  });
}

function parseSnippet(part: string, language: string): Snippet {
  const match = /^(?:define|use) (top|member|inside)\n([^]*?)\n*$/.exec(part);
  if (!match) throw new Error(`${language}: not a snippet: ${part}`);
  return { site: match[1] as Site, text: dedent(match[2]!) };
}

function checkUse(use: string, definition: Snippet, where: string): void {
  const count = (mark: string): number => use.split(mark).length - 1;
  if (count(marks.begin) !== 1 || count(marks.end) !== 1) throw new Error(`one place to complete is wanted: ${where}`);
  if (/\bHOST\b/.test(use) && definition.site !== 'member') throw new Error(`HOST is no class: ${where}`);
}

function dedent(text: string): string {
  const lines = text.split('\n');
  const depth = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => /^\s*/.exec(line)![0].length));
  return lines.map((line) => line.slice(depth)).join('\n');
}
