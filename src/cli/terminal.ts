/** The program's access to the outside world. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether stderr is a terminal, on which a progress bar can be redrawn. */
  isInteractive: boolean;
  columns: number;
  environment: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}
