// Run by scripts/editor-tests.mjs in the packaged extension's editor: how long typed letters take to appear, while a long file is read
// and while the server is idle. Writes JSON to MEMMAMBA_REPORT.
import { writeFileSync } from 'node:fs';
import { Session } from '../../test/e2e/driver/session';
import { Workbench } from '../../test/e2e/driver/workbench';
import { vsix } from '../../test/e2e/vsix';
import { LONG_FILE, realProject } from '../../test/e2e/workspaces';
import { typeAndMeasure, type TypingDelays } from './delays';

const TYPED = 'const answer = readWholeFile(path).then((text) => text.length);';

/** Rounds of both; they take turns, so that a busy machine slows both. */
const ROUNDS = 3;

async function measure(bench: Workbench): Promise<{ reading: TypingDelays[]; resting: TypingDelays[] }> {
  const reading: TypingDelays[] = [];
  const resting: TypingDelays[] = [];
  const type = async (into: TypingDelays[]): Promise<void> => {
    await bench.goTo(1, 1);
    into.push(await typeAndMeasure(bench.page, TYPED));
    await bench.command('File: Revert File');
  };
  await bench.open(LONG_FILE);
  await bench.untilStatus(/Reading mdb\.c: [1-9]/);
  await bench.open('help.js');
  for (let round = 0; round < ROUNDS; round++) {
    await bench.command('MemMamba: Pause Reading');
    await bench.untilStatus(/paused/i);
    await type(resting);
    await bench.command('MemMamba: Resume Reading');
    await bench.untilStatus(/Reading mdb\.c/);
    await type(reading);
  }
  return { reading, resting };
}

async function main(): Promise<void> {
  const session = await Session.open({
    vsix: vsix(),
    workspace: realProject,
    settings: { 'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' } },
  });
  try {
    const bench = new Workbench(session.page);
    await bench.ready();
    const report = process.env['MEMMAMBA_REPORT'];
    if (report === undefined) throw new Error('MEMMAMBA_REPORT names no file');
    writeFileSync(report, JSON.stringify(await measure(bench)));
  } finally {
    await session.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
