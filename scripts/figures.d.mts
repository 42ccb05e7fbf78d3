export interface Figure {
  readonly what: string;
  readonly figure: string;
  readonly interval?: string;
  readonly n?: string;
  readonly command?: string;
}

export function wilson(hits: number, cases: number): { low: number; high: number };
export function readTables(results: string): Record<string, { rows: Figure[]; notes: string[] }>;
