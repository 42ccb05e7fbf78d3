import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOnBattery } from '../../../src/server/power';
import { temporaryFolder } from '../../support/folder';

/** A folder like /sys/class/power_supply. */
async function supplies(content: Record<string, Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, files] of Object.entries(content)) {
    await mkdir(join(folder, name));
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), `${text}\n`);
  }
  return folder;
}

const onBattery = async (content: Record<string, Record<string, string>>): Promise<boolean> =>
  isOnBattery('linux', await supplies(content));

describe('isOnBattery', () => {
  it('is true for a laptop that is not plugged in', async () => {
    const battery = { type: 'Battery', status: 'Discharging' };
    expect(await onBattery({ AC: { type: 'Mains', online: '0' }, BAT0: battery })).toBe(true);
    expect(await onBattery({ AC: { type: 'Mains', online: '1' }, BAT0: battery })).toBe(false);
    expect(await onBattery({ BAT0: { type: 'Battery', status: 'Charging' } })).toBe(false);
  });

  it('does not take a mouse for a laptop', async () => {
    expect(await onBattery({ mouse: { type: 'Battery', scope: 'Device', status: 'Discharging' } })).toBe(false);
  });

  it('is false where nothing is known', async () => {
    expect(await onBattery({})).toBe(false);
    expect(await isOnBattery('linux', join(await temporaryFolder(), 'none'))).toBe(false);
    expect(await isOnBattery('win32')).toBe(false);
  });
});
