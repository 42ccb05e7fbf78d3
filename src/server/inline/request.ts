import type { InlineCompletionContext, Position, Range } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { redactKeys } from '../../memory';
import { isLanguageEnabled, type Settings } from '../../protocol';
import { cursorLine, type CursorLine } from '../../engine';
import { isInsideCharacter } from '../complete';
import type { Trigger } from './budget';
import { surroundings } from './syntax';

/** With more text than this after the cursor in its line, an automatic completion would only be in the way. Characters. */
const MAX_LINE_SUFFIX = 8;

/** What to complete. */
export interface InlineRequest {
  /** The prefix: text before the cursor, with the item selected in the suggestion list, if there is one. */
  before: string;
  /** The suffix: text after the cursor. */
  after: string;
  /** What the completion replaces. */
  range: Range;
  /** Given beginning of the inserted text: the selected item. */
  selected: string;
  trigger: Trigger;
  /** Whether the rest of the line is wanted, or several lines. */
  extent: 'line' | 'block';
  /** The cursor's line, up to the cursor. */
  line: CursorLine;
  /** Whether the cursor's line is blank, so that a statement is missing in it. */
  mustWrite: boolean;
  /** Confidence below which nothing is offered; 0 for an explicit request. */
  leastConfidence: number;
}

/** Automatic, as in the protocol's InlineCompletionTriggerKind. */
const AUTOMATIC = 2;

/** Whether the settings allow completions in a document at all. */
export function isCompletionOn(settings: Settings, { languageId }: TextDocument): boolean {
  return settings['completion.enabled'] && isLanguageEnabled(settings['completion.languages'], languageId);
}

/**
 * Reads a request; undefined when nothing is to be offered: the language is off, the cursor is inside a character, too much text follows in the line (automatic
 * only), or the place is a comment or string and those are off.
 */
export function inlineRequest(
  document: TextDocument,
  position: Position,
  context: InlineCompletionContext,
  settings: Settings,
): InlineRequest | undefined {
  if (!isCompletionOn(settings, document)) return undefined;
  const isAutomatic = context.triggerKind === AUTOMATIC;
  if (isAutomatic && settings['completion.trigger'] === 'manual') return undefined;
  const chosen = context.selectedCompletionInfo;
  const range = chosen?.range ?? { start: position, end: position };
  const text = redactKeys(document.getText());
  if (isInsideCharacter(text, document.offsetAt(range.start))) return undefined;
  const before = text.slice(0, document.offsetAt(range.start)) + (chosen?.text ?? '');
  const after = text.slice(document.offsetAt(range.end));
  const rest = /^[^\r\n]*/.exec(after)![0];
  if (isAutomatic && rest.length > MAX_LINE_SUFFIX && !isOnlyClosers(rest)) return undefined;
  if (!settings['completion.inCommentsAndStrings'] && surroundings(before, document.languageId) !== 'code') {
    return undefined;
  }
  const line = cursorLine(Buffer.from(before.slice(before.lastIndexOf('\n') + 1), 'utf8'));
  return {
    before,
    after,
    range,
    selected: chosen?.text ?? '',
    trigger: isAutomatic ? 'automatic' : 'explicit',
    extent: isAutomatic && settings['completion.length'] !== 'block' ? 'line' : 'block',
    line,
    mustWrite: line.isBlank && rest.trim() === '',
    leastConfidence: isAutomatic ? settings['completion.minimumConfidence'] : 0,
  };
}

/** Whether a text has nothing but closing brackets, quotes and separators in it. */
function isOnlyClosers(text: string): boolean {
  return /^[\s)\]}>'"`;,:]*$/.test(text);
}
