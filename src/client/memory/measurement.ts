import * as vscode from 'vscode';
import { ProgressType } from 'vscode-languageclient/node';
import { describeError } from '../../common';
import { FidelityRequest, type FidelityProgress, type FidelityState } from '../../protocol';
import type { ServerProcess } from '../serverProcess';

/** Measures the fidelity of one file at a time. */
export class Measurement {
  state: FidelityState = { kind: 'none' };
  private running: vscode.CancellationTokenSource | undefined;

  /** @param changed the state has changed */
  constructor(
    private readonly server: ServerProcess,
    private readonly changed: () => void,
  ) {}

  /** Measures a file; failures are a state, never an exception. */
  async start(uri: string): Promise<void> {
    const { connection } = this.server;
    if (connection === undefined) return;
    this.cancel();
    const own = new vscode.CancellationTokenSource();
    this.running = own;
    const show = (state: FidelityState): void => {
      if (this.running !== own) return;
      this.state = state;
      this.changed();
    };
    const progressToken = `memmamba-fidelity-${Date.now()}-${Math.random()}`;
    const listening = connection.onProgress(new ProgressType<FidelityProgress>(), progressToken, ({ done, total }) =>
      show({ kind: 'measuring', done, total }),
    );
    show({ kind: 'measuring', done: 0, total: 1 });
    try {
      show({ kind: 'measured', report: await this.server.request(FidelityRequest, { uri, progressToken }, own.token) });
    } catch (error) {
      show(own.token.isCancellationRequested ? { kind: 'none' } : { kind: 'failed', message: describeError(error) });
    } finally {
      listening.dispose();
      own.dispose();
      if (this.running === own) this.running = undefined;
    }
  }

  cancel(): void {
    this.running?.cancel();
  }

  /** Lets go of what was measured: it is of another text. */
  clear(): void {
    this.cancel();
    this.running = undefined;
    this.state = { kind: 'none' };
  }
}
