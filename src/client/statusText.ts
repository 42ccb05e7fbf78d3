import { l10n } from 'vscode';
import { formatBytes, formatCount, formatDuration } from '../common';
import { PROTOCOL_VERSION, type FileState, type ServerStatus, type WorkLeft } from '../protocol';
import type { ClientState } from './state';

/** What the status item shows. */
export interface StatusText {
  /** With a codicon. */
  text: string;
  /** Markdown lines of the tooltip. */
  lines: string[];
  severity: 'normal' | 'warning' | 'error';
}

/** The status item's content, derived from the state alone. */
export function statusText(state: ClientState, snoozedMinutes: number): StatusText {
  switch (state.kind) {
    case 'starting':
      return { text: '$(loading~spin) MemMamba', lines: [l10n.t('Loading the model…')], severity: 'normal' };
    case 'restarting': {
      const seconds = Math.ceil(state.milliseconds / 1000);
      const why = l10n.t('The server stopped and will restart in {0} s (attempt {1}).', seconds, state.attempt);
      return { text: `$(warning) MemMamba: ${l10n.t('restarting')}`, lines: [why], severity: 'warning' };
    }
    case 'stopped':
      return { text: `$(error) MemMamba: ${l10n.t('stopped')}`, lines: [state.message], severity: 'error' };
    case 'mismatched': {
      const why = l10n.t(
        'The server uses protocol version {0}, this window version {1}. Reload the window.',
        state.protocolVersion,
        PROTOCOL_VERSION,
      );
      return { text: `$(error) MemMamba: ${l10n.t('stopped')}`, lines: [why], severity: 'error' };
    }
    case 'running': {
      const { status } = state;
      const main = phaseText(status);
      if (main.severity !== 'normal') return main;
      const rest = [...main.lines, ...activeLines(status), ...machineLines(status)];
      if (snoozedMinutes === 0) return { ...main, lines: rest };
      const snoozed = l10n.t('Completions are snoozed for {0} more minutes.', snoozedMinutes);
      // A pause lasts longer than a snooze, so it takes precedence.
      const text = status.phase.kind === 'paused' ? main.text : `$(bell-slash) MemMamba: ${l10n.t('snoozed')}`;
      return { ...main, text, lines: [snoozed, ...rest] };
    }
  }
}

function phaseText(status: ServerStatus): StatusText {
  const { phase } = status;
  switch (phase.kind) {
    case 'starting':
      return { text: '$(loading~spin) MemMamba', lines: [l10n.t('Loading the model…')], severity: 'normal' };
    case 'failed': {
      const lines = [phase.message, ...(phase.hint === undefined ? [] : [phase.hint])];
      return { text: `$(error) MemMamba: ${l10n.t('no model')}`, lines, severity: 'error' };
    }
    case 'indexing': {
      const [done, total] = [formatCount(phase.doneFiles), formatCount(phase.totalFiles)];
      const line = l10n.t('{0} of {1} files can be searched by their words so far.', done, total);
      return { text: `$(sync~spin) MemMamba: ${l10n.t('scanning files')}`, lines: [line], severity: 'normal' };
    }
    case 'paused': {
      const why =
        phase.why === 'battery'
          ? l10n.t('Reading is paused while the machine runs on battery.')
          : l10n.t('Reading is paused.');
      const lines = [why, ...leftLines(phase)];
      return { text: `$(debug-pause) MemMamba: ${l10n.t('paused')}`, lines, severity: 'normal' };
    }
    case 'reading': {
      const percent = Math.min(99, Math.floor(100 * phase.share));
      const name = decodeURIComponent(phase.uri.slice(phase.uri.lastIndexOf('/') + 1));
      const lines = [l10n.t('The model is reading {0}.', name), ...leftLines(phase)];
      return { text: `$(sync~spin) MemMamba: ${l10n.t('reading {0} %', percent)}`, lines, severity: 'normal' };
    }
    case 'ready': {
      if (status.active?.state.kind === 'skipped') {
        return { text: `$(circle-slash) MemMamba: ${l10n.t('skipped')}`, lines: [], severity: 'normal' };
      }
      const { waiting, stale } = status.counts;
      const line =
        waiting + stale === 0
          ? l10n.t('All files have been read.')
          : l10n.t('{0} files will be read when you open them.', formatCount(waiting + stale));
      return { text: '$(book) MemMamba', lines: [line], severity: 'normal' };
    }
  }
}

/** What is left to read in the workspace, and how long it takes. */
function leftLines({ filesLeft, tokensLeft, secondsLeft }: WorkLeft): string[] {
  const left = l10n.t('Still to read: {0} files, about {1} tokens.', formatCount(filesLeft), formatCount(tokensLeft));
  if (filesLeft === 0) return [];
  return secondsLeft === undefined ? [left] : [left, l10n.t('About {0} left.', formatDuration(1000 * secondsLeft))];
}

function activeLines({ active }: ServerStatus): string[] {
  if (active === undefined) return [];
  const lines = [l10n.t('This file: {0}', stateText(active.state))];
  if (active.completionWaits) {
    lines.push(l10n.t('The last completion was not shown: the text before the cursor has not been read yet.'));
  }
  return lines;
}

function machineLines({ engine, store }: ServerStatus): string[] {
  const lines: string[] = [];
  if (engine) {
    const where = engine.provider === 'webgpu' ? 'GPU (WebGPU)' : l10n.t('CPU, {0} threads', engine.threads);
    const speed = engine.tokensPerSecond === undefined ? '' : `, ${formatCount(engine.tokensPerSecond)} tokens/s`;
    lines.push(l10n.t('The model runs on: {0}', where + speed), ...engine.attempts);
  }
  if (store) {
    lines.push(l10n.t('Memory on disk: {0} of {1}', formatBytes(store.bytes), formatBytes(store.quotaBytes)));
    if (store.mode !== 'disk') lines.push(l10n.t('New memory is not saved ({0}).', store.mode));
    lines.push(...store.warnings);
  }
  return lines;
}

/** The stage of a file, as text. */
export function stateText(state: FileState): string {
  switch (state.kind) {
    case 'waiting':
      return l10n.t('not read yet');
    case 'reading':
      return l10n.t('reading {0} %', percentOf(state.doneTokens, state.totalTokens));
    case 'fresh':
      return l10n.t('fully read, {0} tokens', formatCount(state.tokens));
    case 'stale':
      return l10n.t('changed, will be read again');
    case 'skipped':
      return l10n.t('skipped: {0}', state.why);
    case 'failed':
      return l10n.t('failed: {0}', state.message);
  }
}

function percentOf(done: number, total: number): number {
  return total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / total));
}
