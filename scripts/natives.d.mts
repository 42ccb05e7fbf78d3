export const plainPackages: readonly string[];
export function stageNatives(target: string, folder: string): void;
