import type { Command } from './command';
import { commonOptions, type Option } from './options';

const exitCodes = `Exit codes:
  0    done
  1    failed for another reason than those below, or the answer is not in memory
  2    wrong usage
  3    input cannot be read (missing, no permission, empty, binary, too large, a secret)
  4    the model cannot be used
  5    done, but not remembered: the store cannot be written
  130  interrupted; what was read until then is stored, and the next run goes on there`;

/** The help of the whole program. */
export function mainHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ usage }) => usage.length)) + 2;
  return [
    'memmamba: reads whole files with a local model, remembers them, and answers from them.',
    '',
    'Commands:',
    ...commands.map(({ usage, summary }) => `  ${usage.padEnd(width)}${summary}`),
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
    '  --version           print the version',
    '',
    'Nothing leaves this machine. Ignored files (.gitignore, .memmambaignore), secrets and binaries are skipped, with the reason.',
    '',
    exitCodes,
  ].join('\n');
}

export function commandHelp(command: Command): string {
  return [
    `memmamba ${command.usage}`,
    '',
    command.summary,
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    'Options:',
    ...optionLines(command.options),
    ...optionLines(commonOptions),
    '',
    exitCodes,
  ].join('\n');
}

function optionLines(options: Record<string, Option>): string[] {
  return Object.entries(options).map(
    ([name, { value, help }]) => `  ${`--${name}${value === undefined ? '' : ` ${value}`}`.padEnd(20)}${help}`,
  );
}
