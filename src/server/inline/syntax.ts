/** What surrounds a position, for the setting that keeps completions out of comments and strings. */
export type Surroundings = 'code' | 'comment' | 'string';

interface Syntax {
  line: string[];
  block: [string, string][];
  quotes: string[];
  /** Quotes that may span lines, longest first. */
  longQuotes: string[];
}

const c: Syntax = { line: ['//'], block: [['/*', '*/']], quotes: ['"', "'"], longQuotes: [] };
const script: Syntax = { ...c, longQuotes: ['`'] };
const hash: Syntax = { line: ['#'], block: [], quotes: ['"', "'"], longQuotes: [] };

const syntaxes: Readonly<Record<string, Syntax>> = {
  javascript: script,
  javascriptreact: script,
  typescript: script,
  typescriptreact: script,
  go: script,
  python: { ...hash, longQuotes: ['"""', "'''"] },
  ruby: hash,
  shellscript: hash,
  perl: hash,
  r: hash,
  yaml: hash,
  toml: hash,
  makefile: hash,
  dockerfile: hash,
  powershell: { ...hash, block: [['<#', '#>']] },
  // A single quote starts a lifetime as often as a character.
  rust: { ...c, quotes: ['"'] },
  lua: { line: ['--'], block: [['--[[', ']]']], quotes: ['"', "'"], longQuotes: [] },
  sql: { line: ['--'], block: [['/*', '*/']], quotes: ["'"], longQuotes: [] },
  haskell: { line: ['--'], block: [['{-', '-}']], quotes: ['"'], longQuotes: [] },
  html: { line: [], block: [['<!--', '-->']], quotes: [], longQuotes: [] },
  css: { line: [], block: [['/*', '*/']], quotes: ['"', "'"], longQuotes: [] },
  markdown: { line: [], block: [], quotes: [], longQuotes: [] },
  plaintext: { line: [], block: [], quotes: [], longQuotes: [] },
};

/**
 * What the end of a text is inside of. Scans quotes and comment markers by language (C-like for an unknown one); it does not know
 * regular expressions or here-documents.
 */
export function surroundings(before: string, languageId: string): Surroundings {
  const { line, block, quotes, longQuotes } = syntaxes[languageId] ?? c;
  let i = 0;
  const at = (mark: string): boolean => before.startsWith(mark, i);
  const skipTo = (mark: string): boolean => {
    const end = before.indexOf(mark, i);
    i = end < 0 ? before.length : end + mark.length;
    return end >= 0;
  };
  while (i < before.length) {
    const opened = block.find(([open]) => at(open));
    const long = longQuotes.find(at);
    if (opened) {
      i += opened[0].length;
      if (!skipTo(opened[1])) return 'comment';
    } else if (line.some(at)) {
      if (!skipTo('\n')) return 'comment';
    } else if (long !== undefined) {
      i += long.length;
      if (!skipLongQuote(long)) return 'string';
    } else if (quotes.includes(before[i]!)) {
      if (!skipQuote(before[i]!)) return 'string';
    } else {
      i++;
    }
  }
  return 'code';

  /** Skips past the closing quote, or to the end of the line if it is not closed there. False at the end of the text. */
  function skipQuote(quote: string): boolean {
    for (i++; i < before.length; i++) {
      if (before[i] === '\\') i++;
      else if (before[i] === quote || before[i] === '\n') {
        i++;
        return true;
      }
    }
    return false;
  }

  function skipLongQuote(quote: string): boolean {
    for (; i < before.length; i++) {
      if (before[i] === '\\') i++;
      else if (at(quote)) {
        i += quote.length;
        return true;
      }
    }
    return false;
  }
}
