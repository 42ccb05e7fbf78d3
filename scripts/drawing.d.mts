export const flows: Record<string, { title: string; steps: [path: string, duty: string][] }>;
export function drawing(): string;
export function flowList(name: string): string;
