import type { InlineCompletionContext, Position, Range } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { isLanguageEnabled, type Settings } from '../../protocol';
import { isOnlyClosers } from './brackets';
import { surroundings } from './syntax';

/** More text than this behind the cursor in its line, and an automatic completion would only be in the way. Characters. */
const MAX_LINE_SUFFIX = 8;

/** What is to be completed. */
export interface InlineContext {
  /** Text that counts as before the cursor: with the item selected in the suggestion list, if there is one. */
  before: string;
  after: string;
  /** What the completion replaces. */
  range: Range;
  /** Beginning of the inserted text that is given: the selected item. */
  selected: string;
  isAutomatic: boolean;
  /** Columns by which the cursor's line is indented. */
  indent: number;
}

/** Automatic, as in the protocol's InlineCompletionTriggerKind. */
const AUTOMATIC = 2;

/**
 * Reads a request; undefined when nothing is to be offered: the language is off, too much text follows in the line (automatic
 * only), or the place is a comment or string and those are off.
 */
export function inlineContext(
  document: TextDocument,
  position: Position,
  context: InlineCompletionContext,
  settings: Settings,
): InlineContext | undefined {
  if (!settings['completion.enabled'] || !isLanguageEnabled(settings['completion.languages'], document.languageId)) {
    return undefined;
  }
  const isAutomatic = context.triggerKind === AUTOMATIC;
  if (isAutomatic && settings['completion.trigger'] === 'manual') return undefined;
  const chosen = context.selectedCompletionInfo;
  const range = chosen?.range ?? { start: position, end: position };
  const text = document.getText();
  const before = text.slice(0, document.offsetAt(range.start)) + (chosen?.text ?? '');
  const after = text.slice(document.offsetAt(range.end));
  const rest = /^[^\r\n]*/.exec(after)![0];
  if (isAutomatic && rest.length > MAX_LINE_SUFFIX && !isOnlyClosers(rest)) return undefined;
  if (!settings['completion.inCommentsAndStrings'] && surroundings(before, document.languageId) !== 'code') {
    return undefined;
  }
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const indent = /^[ \t]*/.exec(line)![0].length;
  return { before, after, range, selected: chosen?.text ?? '', isAutomatic, indent };
}
