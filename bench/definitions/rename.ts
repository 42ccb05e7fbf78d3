import { Names, type Style } from '../recall/names';

/**
 * Gives each of `names` a random new name of the same style, wherever it occurs as a whole word: in code, comments and strings.
 * @param random returns numbers in [0, 1)
 * @returns the new text, and a map from old to new names. No new name occurred in the text before, in any case.
 */
export function renameAll(
  text: string,
  names: readonly string[],
  random: () => number,
): { text: string; renamed: Map<string, string> } {
  const fresh = new Names(random);
  const lower = text.toLowerCase();
  const renamed = new Map<string, string>();
  for (const name of names) {
    let next: string;
    do next = fresh.name(styleOf(name));
    while (lower.includes(next.toLowerCase()));
    renamed.set(name, next);
  }
  return { text: text.replaceAll(/[A-Za-z_$][\w$]*/g, (word) => renamed.get(word) ?? word), renamed };
}

function styleOf(name: string): Style {
  if (/^[A-Z0-9_$]+$/.test(name)) return 'upper';
  if (name.replace(/^[_$]+/, '').includes('_')) return 'snake';
  return /^[A-Z]/.test(name) ? 'pascal' : 'camel';
}
