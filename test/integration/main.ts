// Inside: the extension host calls `run` and uses its outcome as the verdict.
import Mocha from 'mocha';
import { PATIENCE } from '../support/patience';
import { runMocha } from '../support/runMocha';
import { cleanUpAfterFailures } from './cleanUp';
import { suites } from './suites';

export async function run(): Promise<void> {
  const words = process.env['MEMMAMBA_TEST_WORDS'];
  const mocha = new Mocha({ ui: 'tdd', timeout: 4 * PATIENCE, color: false, reporter: 'spec' });
  if (words !== undefined && words !== '') mocha.grep(new RegExp(words, 'i'));
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  cleanUpAfterFailures();
  for (const define of suites) define();
  const { passed, failed } = await runMocha(mocha, process.env['MEMMAMBA_REPORT']);
  if (failed > 0 || passed === 0) throw new Error(`${failed} failed, ${passed} passed`);
}
