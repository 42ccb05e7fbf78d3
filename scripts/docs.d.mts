/** Documents with generated parts. */
export const generated: readonly string[];
/** Documents whose generated parts differ from what the results say; written unless `check`. */
export function update(check: boolean): string[];
