import { l10n } from 'vscode';

/** The same table with every text in the user's language. */
export function translated<T extends object>(table: T): T {
  return Object.fromEntries(
    Object.entries(table).map(([key, value]) => [
      key,
      typeof value === 'string' ? l10n.t(value) : translated(value as object),
    ]),
  ) as T;
}
