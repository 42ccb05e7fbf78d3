/**
 * Control characters (but tab and line feed), what turns the direction of text around, and what has no width: a terminal would obey them,
 * and a person would not see them. Joiners stay: scripts and emoji need them.
 */
const HIDDEN =
  // eslint-disable-next-line no-control-regex -- these are meant
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text from files in a place where it must not do anything: what cannot be seen is shown by its number. Tabs and line ends stay. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, (character, at: number) =>
    character === '\r' && text[at + 1] === '\n' ? character : escapeOf(character),
  );
}

/** As {@link visibleText}, in one line: a file's name cannot pass for another line of the output. */
export function visibleLine(text: string): string {
  return text.replace(HIDDEN, escapeOf).replace(/\n/g, '\\n');
}

/** JSON in which nothing is hidden; parsed, it is the same. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(HIDDEN, (character) =>
    [...Array(character.length).keys()].map((i) => unitEscape(character.charCodeAt(i))).join(''),
  );
}

function escapeOf(character: string): string {
  if (character === '\r') return '\\r';
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : unitEscape(code);
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
