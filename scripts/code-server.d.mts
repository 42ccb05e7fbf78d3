/** A running editor. */
export interface RunningEditor {
  readonly url: string;
  readonly port: number;
  /** Its first process; every other one of the editor descends from it. */
  readonly pid: number;
  /** Settles when it ends, for whatever reason. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

export interface EditorOptions {
  port?: number;
  trust?: boolean;
  arguments?: string[];
  environment?: Record<string, string>;
}

export const quietSettings: Readonly<Record<string, unknown>>;
export function makeProfile(home: string, settings: Record<string, unknown>): string;
export function installExtension(home: string, vsix: string): void;
export function freePort(wanted?: number): Promise<number>;
export function startEditor(home: string, options?: EditorOptions): Promise<RunningEditor>;
