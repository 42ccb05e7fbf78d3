// Runs the suites that drive the packaged extension in a real editor. The packaged file is MEMMAMBA_VSIX; words on the command line
// select suites by their titles.
import Mocha from 'mocha';
import { PATIENCE } from '../support/patience';
import { runMocha } from '../support/runMocha';
import { suites } from './suites';

const mocha = new Mocha({ ui: 'tdd', timeout: 6 * PATIENCE, color: process.stdout.isTTY, reporter: 'spec' });
const words = process.argv.slice(2);
if (words.length > 0) mocha.grep(new RegExp(words.join('|'), 'i'));
mocha.suite.emit('pre-require', globalThis, '', mocha);
for (const define of suites) define();
void runMocha(mocha, process.env['MEMMAMBA_REPORT']).then(({ failed, passed }) => {
  // Playwright and the editor may leave a timer behind.
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
});
