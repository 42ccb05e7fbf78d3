import { l10n } from 'vscode';
import { formatBytes, formatCount } from '../common';
import { PROTOCOL_VERSION, type FileState, type ServerStatus } from '../protocol';
import type { ClientState } from './state';

/** What the status item shows. */
export interface StatusText {
  /** With a codicon. */
  text: string;
  /** Markdown lines of the tooltip. */
  lines: string[];
  severity: 'normal' | 'warning' | 'error';
}

/** The status item's content, from the state alone. */
export function statusText(state: ClientState, snoozedMinutes: number): StatusText {
  switch (state.kind) {
    case 'starting':
      return { text: '$(loading~spin) MemMamba', lines: [l10n.t('The model is being loaded…')], severity: 'normal' };
    case 'restarting': {
      const seconds = Math.ceil(state.milliseconds / 1000);
      const why = l10n.t('The server ended and is started again in {0} s (attempt {1}).', seconds, state.attempt);
      return { text: `$(warning) MemMamba: ${l10n.t('restarting')}`, lines: [why], severity: 'warning' };
    }
    case 'stopped':
      return { text: `$(error) MemMamba: ${l10n.t('stopped')}`, lines: [state.message], severity: 'error' };
    case 'mismatched': {
      const why = l10n.t(
        'The server speaks version {0} of the protocol, and this window version {1}. Reload the window.',
        state.protocolVersion,
        PROTOCOL_VERSION,
      );
      return { text: `$(error) MemMamba: ${l10n.t('stopped')}`, lines: [why], severity: 'error' };
    }
    case 'running': {
      const { status } = state;
      const main = phaseText(status);
      if (main.severity !== 'normal') return main;
      const snoozed =
        snoozedMinutes > 0 ? [l10n.t('Completions are snoozed for {0} more minutes.', snoozedMinutes)] : [];
      return { ...main, lines: [...main.lines, ...activeLines(status), ...snoozed, ...machineLines(status)] };
    }
  }
}

function phaseText(status: ServerStatus): StatusText {
  const { phase, engine } = status;
  const where = engine?.provider === 'webgpu' ? 'GPU' : 'CPU';
  switch (phase.kind) {
    case 'starting':
      return { text: '$(loading~spin) MemMamba', lines: [l10n.t('The model is being loaded…')], severity: 'normal' };
    case 'failed': {
      const lines = [phase.message, ...(phase.hint === undefined ? [] : [phase.hint])];
      return { text: `$(error) MemMamba: ${l10n.t('no model')}`, lines, severity: 'error' };
    }
    case 'paused': {
      const why =
        phase.why === 'battery'
          ? l10n.t('Reading is paused while the machine runs on battery.')
          : l10n.t('Reading is paused.');
      const left = l10n.t('{0} files are still to be read.', formatCount(phase.filesLeft));
      return { text: `$(debug-pause) MemMamba: ${l10n.t('paused')}`, lines: [why, left], severity: 'normal' };
    }
    case 'reading': {
      // The file in front counts by its tokens, the rest of the workspace by its files.
      const { fresh } = status.counts;
      const percent =
        phase.uri === status.active?.uri
          ? percentOf(phase.doneTokens, phase.totalTokens)
          : percentOf(fresh, fresh + phase.filesLeft);
      const name = decodeURIComponent(phase.uri.slice(phase.uri.lastIndexOf('/') + 1));
      const lines = [
        l10n.t('Reading {0}: {1} of {2} tokens.', name, formatCount(phase.doneTokens), formatCount(phase.totalTokens)),
        l10n.t('{0} files are still to be read.', formatCount(phase.filesLeft)),
      ];
      return { text: `$(sync~spin) MemMamba: ${l10n.t('reading {0} %', percent)}`, lines, severity: 'normal' };
    }
    case 'ready': {
      if (status.active?.state.kind === 'skipped') {
        return { text: `$(circle-slash) MemMamba: ${l10n.t('skipped')}`, lines: [], severity: 'normal' };
      }
      return { text: `$(book) MemMamba: ${where}`, lines: [l10n.t('Everything is read.')], severity: 'normal' };
    }
  }
}

function activeLines({ active }: ServerStatus): string[] {
  if (active === undefined) return [];
  const lines = [l10n.t('This file: {0}', stateText(active.state))];
  if (active.completionWaits) {
    lines.push(l10n.t('The last completion was not offered: the text before the cursor is not read yet.'));
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
    if (store.mode !== 'disk') lines.push(l10n.t('What is read now is not kept ({0}).', store.mode));
    lines.push(...store.warnings);
  }
  return lines;
}

/** The state of a file in words. */
export function stateText(state: FileState): string {
  switch (state.kind) {
    case 'waiting':
      return l10n.t('not read yet');
    case 'reading':
      return l10n.t('reading {0} %', percentOf(state.doneTokens, state.totalTokens));
    case 'fresh':
      return l10n.t('read whole, {0} tokens', formatCount(state.tokens));
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
