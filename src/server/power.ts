import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where Linux reports mains and batteries. */
const SUPPLIES = '/sys/class/power_supply';

/**
 * Whether the machine runs on battery now. Known on Linux (from the kernel) and macOS (from pmset); on other systems, and
 * without a battery, it counts as plugged in.
 */
export async function isOnBattery(platform: NodeJS.Platform = process.platform, supplies = SUPPLIES): Promise<boolean> {
  try {
    if (platform === 'darwin') {
      const { stdout } = await promisify(execFile)('pmset', ['-g', 'batt'], { timeout: 5000 });
      return stdout.includes("'Battery Power'");
    }
    return platform === 'linux' && (await linuxOnBattery(supplies));
  } catch {
    // No such folder or command: no known battery.
    return false;
  }
}

async function linuxOnBattery(supplies: string): Promise<boolean> {
  let discharging = false;
  for (const name of await readdir(supplies)) {
    const value = (file: string): Promise<string> =>
      readFile(join(supplies, name, file), 'utf8').then(
        (text) => text.trim(),
        () => '',
      );
    const type = await value('type');
    if (type === 'Mains' && (await value('online')) === '1') return false;
    // Batteries of mice and keyboards have the scope "Device".
    if (type === 'Battery' && (await value('scope')) !== 'Device' && (await value('status')) === 'Discharging') {
      discharging = true;
    }
  }
  return discharging;
}
