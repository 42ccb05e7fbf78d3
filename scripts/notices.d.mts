/** A work of others in the packaged extension. */
export interface Notice {
  readonly name: string;
  readonly version?: string;
  readonly licence: string;
  /** Of packages: where it is installed, relative to the repository. */
  readonly folder?: string;
  readonly text: string;
}

export const noticesFile: string;
export function packageFolder(input: string): string | undefined;
export function entries(): Promise<Record<string, Notice[]>>;
export function notices(sections: Record<string, Notice[]>): string;
