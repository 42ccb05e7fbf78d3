import * as vscode from 'vscode';

/** Choices, in minutes. */
const choices = [5, 15, 60] as const;

/** Silences automatic completions for a while; explicit requests still work. */
export class Snooze implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onDidChange = this.emitter.event;
  private until = 0;
  private timer: NodeJS.Timeout | undefined;

  get isOn(): boolean {
    return Date.now() < this.until;
  }

  /** Minutes left, rounded up. */
  get minutesLeft(): number {
    return Math.max(0, Math.ceil((this.until - Date.now()) / 60_000));
  }

  /** Prompts for the duration, unless given. */
  async start(minutes?: number): Promise<void> {
    const chosen = minutes ?? (await pickMinutes());
    if (chosen !== undefined) this.set(Date.now() + chosen * 60_000);
  }

  end(): void {
    this.set(0);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.emitter.dispose();
  }

  private set(until: number): void {
    this.until = until;
    clearTimeout(this.timer);
    if (this.isOn) this.timer = setTimeout(() => this.end(), until - Date.now());
    void vscode.commands.executeCommand('setContext', 'memmamba.snoozed', this.isOn);
    this.emitter.fire();
  }
}

async function pickMinutes(): Promise<number | undefined> {
  const items = choices.map((minutes) => ({ label: vscode.l10n.t('{0} minutes', minutes), minutes }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Snooze Completions'),
    placeHolder: vscode.l10n.t('Pause automatic completions for…'),
  });
  return picked?.minutes;
}
