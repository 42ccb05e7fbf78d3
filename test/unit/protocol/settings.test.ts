import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json';
import words from '../../../package.nls.json';
import { defaultSettings, isLanguageEnabled, settingNames, settingsFrom } from '../../../src/protocol';

describe('settings', () => {
  it('come from package.json, at most twenty, each described and in order', () => {
    const properties = Object.values(manifest.contributes.configuration.properties);
    expect(settingNames.length).toBe(properties.length);
    expect(settingNames.length).toBeLessThanOrEqual(20);
    expect(properties.map(({ order }) => order)).toEqual(properties.map((_, i) => i + 1));
  });

  it('are read from a configuration; what is missing or of another type keeps its default', () => {
    const read = settingsFrom({ completion: { debounce: 10, enabled: 'yes' }, reading: null });
    expect(read['completion.debounce']).toBe(10);
    expect(read['completion.enabled']).toBe(true);
    expect(read['reading.cpuShare']).toBe(defaultSettings['reading.cpuShare']);
    expect(settingsFrom(undefined)).toEqual(defaultSettings);
  });

  it('turn languages on and off', () => {
    expect(isLanguageEnabled({ '*': false, go: true }, 'go')).toBe(true);
    expect(isLanguageEnabled({ '*': false, go: true }, 'c')).toBe(false);
    expect(isLanguageEnabled({}, 'c')).toBe(true);
  });

  it('let no workspace that is not trusted choose a model, a folder or a device', () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    for (const name of settingNames) {
      if (/^(engine|store)\./.test(name)) expect(restricted).toContain(`memmamba.${name}`);
    }
  });
});

describe('the words of package.json', () => {
  it('are all there, and all used', () => {
    const used = new Set([...JSON.stringify(manifest).matchAll(/%([\w.]+)%/g)].map(([, key]) => key));
    expect([...used].sort()).toEqual(Object.keys(words).sort());
  });
});
