import { basename } from 'node:path';
import { formatCount, visibleLine } from '../common';
import type { ReadProgress } from '../memory';
import type { Terminal } from './terminal';

const REDRAW_INTERVAL = 100;
const BAR_WIDTH = 24;

/** A progress line on stderr. Draws nothing where stderr is not a terminal. */
export class ProgressBar {
  private drawnAt = 0;
  private visible = false;
  private startedAt: number | undefined;
  private current = '';

  constructor(private readonly terminal: Terminal) {}

  readonly update = (progress: ReadProgress): void => {
    if (!this.terminal.isInteractive) return;
    if (this.current !== progress.label) {
      this.current = progress.label;
      this.startedAt = Date.now();
    }
    const now = Date.now();
    if (now - this.drawnAt < REDRAW_INTERVAL) return;
    this.drawnAt = now;
    this.draw(progressLine(progress, now - (this.startedAt ?? now), this.terminal.columns));
  };

  /** Shows a line until the first progress: tokenizing 50 MB takes seconds. */
  announce(line: string): void {
    if (this.terminal.isInteractive) this.draw(visibleLine(line).slice(0, Math.max(20, this.terminal.columns - 1)));
  }

  /** Removes the line, before other output. */
  clear(): void {
    if (this.visible) this.terminal.err('\r\x1b[2K');
    this.visible = false;
  }

  private draw(line: string): void {
    this.terminal.err(`\r\x1b[2K${line}`);
    this.visible = true;
  }
}

/** `[########----------------] 33 %  1,234 of 3,700 tokens  2,400/s  a.ts` */
export function progressLine(progress: ReadProgress, elapsed: number, columns: number): string {
  const { doneTokens, totalTokens, restoredTokens, label } = progress;
  const share = totalTokens === 0 ? 1 : doneTokens / totalTokens;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
  const rate = elapsed > 0 ? (doneTokens - restoredTokens) / (elapsed / 1000) : 0;
  const left = rate > 0 ? `  ${Math.ceil((totalTokens - doneTokens) / rate)} s left` : '';
  const line =
    `[${bar}] ${Math.floor(100 * share)} %  ${formatCount(doneTokens)} of ${formatCount(totalTokens)} tokens` +
    `  ${formatCount(rate)}/s${left}  ${visibleLine(basename(label))}`;
  return line.slice(0, Math.max(20, columns - 1));
}
