const brackets: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '${': '}', '#{': '}' };

const keywords: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ruby: Object.fromEntries(
    'do def class module begin case while until for unless if'.split(' ').map((word) => [word, 'end']),
  ),
  bash: { if: 'fi', case: 'esac', do: 'done' },
};

/** What closes a token that opens a bracket or a block; undefined for a token that opens nothing. @param type of the leaf */
export function closerOf(grammar: string, type: string): string | undefined {
  if (Object.hasOwn(brackets, type)) return brackets[type];
  const words = keywords[grammar];
  return words !== undefined && Object.hasOwn(words, type) ? words[type] : undefined;
}
