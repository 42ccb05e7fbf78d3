/**
 * What code does, in the words of comments and people: the first word of "parse a header" or "check whether a file
 * exists".
 */
const actions = new Set(
  (
    'accept access add adjust allocate append apply assert assign attach attempt block bind build bump cache calculate call cancel cast change check clamp ' +
    'clean clear clone close collect combine commit compare compile compute connect construct consume convert copy count create decode ' +
    'decompress delete deserialize detach detect determine disable disconnect dispatch display dispose drain draw drop emit enable encode ensure ' +
    'enter escape evaluate execute expand export extract fetch fill filter find finish fire flatten flush format forward free generate get ' +
    'give group guard handle hash hide ignore import increment indicate initialise initialize insert inspect install instantiate interpolate invalidate invoke iterate join ' +
    'jump kill leave list listen load lock log look lookup make map mark match measure merge mount move multiply normalize notify obtain ' +
    'open pad parse pass perform pick poll pop prepare print process produce provide publish pull push put query raise read receive ' +
    'reconnect record recover redirect reduce refresh register reject release reload remove rename render repeat replace reply report request ' +
    'reset resize resolve restart restore resume retrieve retry return reverse rewrite rotate round run sanitize save scale scan schedule ' +
    'search seek select send serialize set shift show shut shutdown sign skip sleep sort spawn split start stop store strip submit subscribe ' +
    'subtract sum swap switch sync take tell terminate test throw toggle tokenize trace transform translate traverse trigger trim truncate try ' +
    'turn unescape unlock unmount unregister unsubscribe unwrap update upload use validate verify visit wait walk warn wrap write yield'
  ).split(' '),
);

/** After one of these, an action is a noun: "map of names", "logs for the server". */
const afterNouns = new Set('of for from in on per'.split(' '));

const asksForAction = [
  /^(?:which|what)\s+(?:function|method|procedure|routine)\b/i,
  /^how\s+(?:do|does|can|could|to|is|are)\b/i,
  /^where\s+(?:do|does)\b/i,
];

/**
 * Whether a question describes what the thing it looks for does: "returns the name of …", "who validates the token?", "how is
 * the cache invalidated?". Such a thing is usually a function, seldom a type or a value.
 */
export function saysWhatItDoes(question: string): boolean {
  const text = question.trim();
  if (asksForAction.some((pattern) => pattern.test(text))) return true;
  const words = text.split(/\s+/).map((word) => word.toLowerCase());
  if (words.length < 3 || afterNouns.has(words[1]!)) return false;
  // "parse …", "returns …"; "who validates …", and documentation that starts with the function's name.
  return actions.has(words[0]!) || isThirdPerson(words[0]!) || (isThirdPerson(words[1]!) && !afterNouns.has(words[2]!));
}

/** Words that start a question, as opposed to a description. */
const asks = /^(?:what|where|which|who|whose|how|when|why|is|are|was|does|do|did|can|could|should)\b/i;

/** A shorter text without a question mark is a query of a few words: "default maximum buffer length". */
const STATEMENT_WORDS = 6;

/**
 * Whether a text is a statement, as most documentation is: "Given a message, publish to this topic.", "Cached local version of the
 * file." Anyone who writes this much without asking describes what they are looking for.
 */
export function isStatement(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.split(/\s+/).length >= STATEMENT_WORDS && !trimmed.endsWith('?') && !asks.test(trimmed);
}

/** Whether a word is an action in the third person: "returns", "matches", "applies". */
function isThirdPerson(word: string): boolean {
  const bases = [word.replace(/s$/, ''), word.replace(/es$/, ''), word.replace(/ies$/, 'y')];
  return bases.some((base) => base !== word && actions.has(base));
}
