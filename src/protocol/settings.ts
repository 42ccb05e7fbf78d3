import { contributes } from '#manifest';

type Properties = (typeof contributes)['configuration']['properties'];

/** Name of a setting in package.json, without the prefix `memmamba.`. */
export type SettingName = keyof Properties extends infer Key
  ? Key extends `memmamba.${infer Name}`
    ? Name
    : never
  : never;

type Widened<T> = T extends boolean
  ? boolean
  : T extends number
    ? number
    : T extends string
      ? string
      : Record<string, boolean>;

/** All settings by name, typed by their defaults in package.json, the only place where a setting is defined. */
export type Settings = { readonly [Name in SettingName]: Widened<Properties[`memmamba.${Name}`]['default']> };

const prefix = 'memmamba.';

/** The values where the user has set nothing. */
export const defaultSettings: Settings = Object.fromEntries(
  Object.entries(contributes.configuration.properties).map(([key, { default: value }]) => [
    key.slice(prefix.length),
    value,
  ]),
) as Partial<Settings> as Settings;

/** Names of all settings. */
export const settingNames = Object.keys(defaultSettings) as SettingName[];

/**
 * Reads the settings from the nested form of the configuration request (`{completion: {enabled: true}}`). A value that is
 * missing or of the wrong type counts as not set.
 */
export function settingsFrom(configuration: unknown): Settings {
  const chosen = settingNames.map((name) => {
    let value: unknown = configuration;
    for (const part of name.split('.')) value = isRecord(value) ? value[part] : undefined;
    const usual: unknown = defaultSettings[name];
    const fits = typeof value === typeof usual && value !== null && Array.isArray(value) === Array.isArray(usual);
    return [name, fits ? value : usual];
  });
  return Object.fromEntries(chosen) as Settings;
}

/** Whether completions are enabled in a language: its own entry in the map, else the one under `*`, else yes. */
export function isLanguageEnabled(languages: Settings['completion.languages'], languageId: string): boolean {
  return languages[languageId] ?? languages['*'] ?? true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
