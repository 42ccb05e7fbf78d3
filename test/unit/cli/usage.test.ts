import { describe, expect, it } from 'vitest';
import { cli } from '../../support/cli';

const setup = { cache: '/dev/null/none' };

describe('memmamba', () => {
  it('shows its commands, options and exit codes', async () => {
    const { code, out } = await cli(setup, '--help');
    expect(code).toBe(0);
    for (const word of [
      'read PATH...',
      'ask PATH',
      'complete FILE:LINE:COL',
      'memory FILE',
      'doctor',
      '--json',
      '130',
    ]) {
      expect(out).toContain(word);
    }
    expect((await cli(setup)).code).toBe(2);
  });

  it('shows its version', async () => {
    expect((await cli(setup, '--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(['read', 'ask', 'complete', 'memory', 'doctor'])('has help for %s', async (command) => {
    const { code, out } = await cli(setup, command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`memmamba ${command}`);
    expect(out).toContain('--cache FOLDER');
  });

  it.each([
    [['frobnicate'], /There is no command "frobnicate"/],
    [['read'], /needs at least one file or folder/],
    [['read', '--frob'], /Unknown option '--frob'/],
    [['read', 'package.json', '--threads', 'many'], /--threads takes a whole number above 0; "many" is none/],
    [['read', 'package.json', '--provider', 'tpu'], /--provider takes auto, cpu, webgpu; "tpu" is none of them/],
    [['ask', 'package.json'], /needs a path and one question/],
    [['ask', 'package.json', 'two', 'words'], /put the question in quotes/],
    [['complete', 'package.json'], /is not of the form FILE:LINE:COL/],
    [['complete', 'package.json:1:1', '--stop', 'never'], /--stop takes line, block, dedent, none/],
    [['memory'], /needs one file/],
    [['memory', 'package.json', '--top', '0'], /--top takes a whole number above 0/],
  ])('refuses %j with a reason and exit code 2', async (args, reason) => {
    const { code, out, err } = await cli(setup, ...args);
    expect(err).toMatch(reason);
    expect(code).toBe(2);
    expect(out).toBe('');
  });

  it('reports errors as JSON on stdout when asked to', async () => {
    const { code, out } = await cli(setup, 'complete', 'nowhere', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'usage' }, exitCode: 2 });
  });
});
