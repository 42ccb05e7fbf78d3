import * as vscode from 'vscode';
import { describeError } from '../../common';
import { FidelityRequest, type FidelityState } from '../../protocol';
import type { ServerProcess } from '../serverProcess';

/** Measures the fidelity of one file at a time. */
export class Measurement {
  state: FidelityState = { kind: 'none' };
  private running: vscode.CancellationTokenSource | undefined;

  /** @param changed called when the state has changed */
  constructor(
    private readonly server: ServerProcess,
    private readonly changed: () => void,
  ) {}

  /** Measures a file; a failure becomes a state, never an exception. */
  async start(uri: string): Promise<void> {
    if (this.server.connection === undefined) return;
    this.cancel();
    const own = new vscode.CancellationTokenSource();
    this.running = own;
    const show = (state: FidelityState): void => {
      if (this.running !== own) return;
      this.state = state;
      this.changed();
    };
    show({ kind: 'measuring', done: 0, total: 1 });
    try {
      const report = await this.server.request(FidelityRequest, { uri }, own.token, ({ done, total }) =>
        show({ kind: 'measuring', done, total }),
      );
      show({ kind: 'measured', report });
    } catch (error) {
      show(own.token.isCancellationRequested ? { kind: 'none' } : { kind: 'failed', message: describeError(error) });
    } finally {
      own.dispose();
      if (this.running === own) this.running = undefined;
    }
  }

  cancel(): void {
    this.running?.cancel();
  }

  /** Discards the measurement: it is of another text. */
  clear(): void {
    this.cancel();
    this.running = undefined;
    this.state = { kind: 'none' };
  }
}
