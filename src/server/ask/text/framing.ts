/** Phrases in which a question is put; they say nothing of what it is about, and code has other uses for their words. */
const frames: readonly RegExp[] = [
  /^\s*(?:please\s+)?(?:list|enumerate|name|show|give|find)\s+(?:me\s+)?(?:all|every|each|the)\s+/i,
  /(?<=\bhow\s+(?:do|does|did)\b.*)\bwork\b(?=\s*\??\s*$|\s+(?:in|for|with|when|here)\b)/i,
  /\bhere\b(?=\s*\??\s*$)/i,
  /\b(?:that|which)?\s*\b(?:starts?|begins?|starting|beginning)\s+with\b/i,
];

/** What a question is about: its text without the phrases in which it is put. */
export function subjectOf(question: string): string {
  return frames.reduce((text, frame) => text.replace(frame, ' '), question);
}

const asksForBeginning =
  /\b(?:(?:starts?|begins?|starting|beginning)\s+with|prefixed\s+(?:with|by)|prefix)\s+[`'"]?([\p{L}\p{N}_$]+)/giu;

/** What names are said to begin with: "all codes that start with ERR_". */
export function beginningsIn(question: string): string[] {
  return [...question.matchAll(asksForBeginning)].map(([, beginning]) => beginning!);
}

const asksForValue = /\b(?:defaults?(?:\s+to)?|value|set\s+to|equal)\b|^\s*how\s+(?:many|much|large|long|big|often)\b/i;

/** Whether a value is asked for. */
export function wantsValue(question: string): boolean {
  return asksForValue.test(question);
}

const literal =
  '(?:[-+]?\\d|["\'`]|(?:true|false|null|none|nil|undefined)\\b|[\\[{]\\s*(?:["\'\\]}]|\\d)|\\p{Lu}[\\p{Lu}\\d_]{2,}\\b|[\\p{L}_$][\\w$.]*(?:\\s*[*(]\\s*\\d))';

/** Whether a line gives the value of a name: `pluginTimeout: 10000`, `StackLimit uint64 = 1024`, and not `pluginTimeout: { type: …`. */
export function givesValue(line: string, name: string): boolean {
  const before = '(?<![\\p{L}\\p{N}_$])';
  const quoted = `${before}["']?${name.replace(/[^\p{L}\p{N}_]/gu, '\\$&')}["']?[?!]?`;
  return new RegExp(
    `${quoted}(?:\\s*:?\\s*[\\p{L}_$*][\\w$.<>|\\[\\]* ]{0,40}?)?\\s*(?::=|=(?!=)|:(?!:))\\s*${literal}`,
    'iu',
  ).test(line);
}

/** Words that stand for what was spoken of before. */
const pronouns = /\b(?:it|its|that|this|they|them|those|these|there|one)\b/i;

/** How a question goes on from the one before. */
const goesOn = /^\s*(?:and|but|so|also|then|what about|how about)\b/i;

/** Words of a question that may name something by themselves. */
const MOST_WORDS = 9;

/**
 * A question that goes on from the one before ("and where is it used?"), with what it means put in.
 *
 * @param subject what the question before was about: a name that it led to, or its own words
 */
export function inContext(question: string, subject: string): string {
  const words = question.trim().split(/\s+/);
  if (words.length > MOST_WORDS || !(goesOn.test(question) || pronouns.test(question))) return question;
  const bare = question.replace(goesOn, '').trim();
  const means = bare.replace(pronouns, subject);
  return means === bare ? `${bare.replace(/\s*\?\s*$/, '')} ${subject}` : means;
}
