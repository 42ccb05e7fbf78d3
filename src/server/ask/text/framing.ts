/** Phrases that introduce a question; they say nothing about its subject, and code uses their words differently. */
const frames: readonly RegExp[] = [
  /^\s*(?:please\s+)?(?:list|enumerate|name|show|give|find)\s+(?:me\s+)?(?:all|every|each|the)\s+/i,
  /(?<=\bhow\s+(?:do|does|did)\b.*)\bwork\b(?=\s*\??\s*$|\s+(?:in|for|with|when|here)\b)/i,
  /\bhere\b(?=\s*\??\s*$)/i,
  /\b(?:that|which)?\s*\b(?:starts?|begins?|starting|beginning)\s+with\b/i,
];

/** The subject of a question: its text without introductory phrases. */
export function subjectOf(question: string): string {
  return frames.reduce((text, frame) => text.replace(frame, ' '), question);
}

const asksForBeginning =
  /\b(?:(?:starts?|begins?|starting|beginning)\s+with|prefixed\s+(?:with|by)|prefix)\s+[`'"]?([\p{L}\p{N}_$]+)/giu;

/** Requested prefixes of names: "all codes that start with ERR_". */
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

/** Words that refer to something mentioned before. */
const pronouns = /\b(?:it|its|that|this|they|them|those|these|there|one)\b/i;

/** How a follow-up question starts. */
const goesOn = /^\s*(?:and|but|so|also|then|what about|how about)\b/i;

/** Maximum number of words in a follow-up question. */
const MOST_WORDS = 9;

/**
 * A follow-up question ("and where is it used?") with its references resolved.
 *
 * @param subject what the previous question was about: a name that it led to, or its own words
 */
export function inContext(question: string, subject: string): string {
  const words = question.trim().split(/\s+/);
  if (words.length > MOST_WORDS || !(goesOn.test(question) || pronouns.test(question))) return question;
  const bare = question.replace(goesOn, '').trim();
  const means = bare.replace(pronouns, subject);
  return means === bare ? `${bare.replace(/\s*\?\s*$/, '')} ${subject}` : means;
}
