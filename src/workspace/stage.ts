import type { FileState, SkipReason } from '../protocol';

/** Left out, and why. */
export type LeftOut = Extract<FileState, { kind: 'skipped' }>;

/** Stage of a file's life cycle. `found`: known, but not checked yet. `gone`: final. */
export type Stage = { kind: 'found' } | FileState | { kind: 'gone' };

/** Events in a file's life. */
export type StageEvent =
  /** Place, name and ignore rules allow it to be read. */
  | { type: 'admitted' }
  | { type: 'leftOut'; because: LeftOut }
  /** Its text has changed. */
  | { type: 'changed' }
  /** Its text now comes from the editor instead of the disk, or the other way round. */
  | { type: 'switched' }
  /** The user asks for it to be read, whatever its content. It has been admitted again. */
  | { type: 'wanted' }
  | { type: 'progress'; doneTokens: number; totalTokens: number }
  | { type: 'read'; tokens: number; restoredTokens: number }
  | { type: 'interrupted' }
  | { type: 'failed'; message: string }
  /** The user asks for it to be forgotten. */
  | { type: 'forgotten' }
  /** It is no longer on disk, or no longer part of the workspace. */
  | { type: 'removed' };

const forgotten: LeftOut = {
  kind: 'skipped',
  reason: 'forgotten',
  why: 'forgotten at your request; it will be read again when it changes or when you choose Read Again',
};

/**
 * Reasons that lie in the content, so that a change of the text revokes them; all others lie in the path, the name or the
 * rules.
 */
const ofText: readonly SkipReason[] = ['binary', 'empty', 'too-large', 'minified', 'lock', 'unreadable'];

/** The complete life cycle of a file: the stage that follows an event. */
export function nextStage(stage: Stage, event: StageEvent): Stage {
  if (stage.kind === 'gone' || event.type === 'removed') return { kind: 'gone' };
  if (event.type === 'leftOut') return event.because;
  switch (stage.kind) {
    case 'found':
      if (event.type === 'forgotten') return forgotten;
      return event.type === 'admitted' || event.type === 'wanted' ? { kind: 'waiting' } : stage;
    case 'skipped':
      return ends(stage, event.type) ? { kind: 'waiting' } : stage;
    default:
      return nextOfAdmitted(stage, event);
  }
}

/** Whether an event revokes the reason for which a file is left out. */
function ends({ reason }: LeftOut, type: StageEvent['type']): boolean {
  if (type === 'wanted') return true;
  if (reason === 'forgotten') return type === 'changed';
  return ofText.includes(reason) ? type === 'changed' || type === 'switched' : type === 'admitted';
}

function nextOfAdmitted(
  stage: Exclude<FileState, LeftOut>,
  event: Exclude<StageEvent, { type: 'removed' | 'leftOut' }>,
): Stage {
  switch (event.type) {
    case 'admitted':
      return stage;
    case 'changed':
    case 'switched':
      return 'tokens' in stage ? { kind: 'stale', tokens: stage.tokens } : { kind: 'waiting' };
    case 'wanted':
      return stage.kind === 'failed' ? { kind: 'waiting' } : stage;
    case 'progress':
      return { kind: 'reading', doneTokens: event.doneTokens, totalTokens: event.totalTokens };
    case 'read':
      return { kind: 'fresh', tokens: event.tokens, restoredTokens: event.restoredTokens };
    case 'interrupted':
      return stage.kind === 'reading' ? { kind: 'waiting' } : stage;
    case 'failed':
      return { kind: 'failed', message: event.message };
    case 'forgotten':
      return forgotten;
  }
}

/** Whether nothing of a file may be read or kept (yet). */
export function isOut({ kind }: Stage): boolean {
  return kind === 'found' || kind === 'skipped' || kind === 'gone';
}

/** Whether this event invalidates what was read or is being read. */
export function outdates({ type }: StageEvent): boolean {
  return ['changed', 'switched', 'leftOut', 'forgotten', 'removed'].includes(type);
}
