export const targets: readonly string[];
export const hostTarget: string;
export function vsixPath(target: string): string;
