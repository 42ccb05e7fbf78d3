import {
  ExitCode,
  UserError,
  describeError,
  errors,
  isAbort,
  version,
  visibleJson,
  visibleLine,
  visibleText,
} from '../common';
import { ReadInterruptedError } from '../memory';
import type { Command, Outcome } from './command';
import { ask } from './commands/ask';
import { complete } from './commands/complete';
import { doctor } from './commands/doctor';
import { mcp } from './commands/mcp';
import { memory } from './commands/memory';
import { read } from './commands/read';
import { commandHelp, mainHelp } from './help';
import { parseOptions } from './options';
import type { Terminal } from './terminal';

const commands: readonly Command[] = [read, ask, complete, memory, mcp, doctor];

/**
 * The whole program.
 *
 * @param args what follows `memmamba`
 * @returns the exit code; never throws
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const json = args.includes('--json');
  try {
    const [name, ...rest] = args;
    if (name === '--version') {
      terminal.out(`${version}\n`);
      return ExitCode.ok;
    }
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      terminal.out(`${mainHelp(commands)}\n`);
      return name === undefined ? ExitCode.usage : ExitCode.ok;
    }
    const command = commands.find((candidate) => candidate.name === name);
    if (command === undefined) throw errors.usage(`There is no command "${name}".`);
    const options = parseOptions(rest, command.options, command.name);
    if (options.flag('help')) {
      terminal.out(`${commandHelp(command)}\n`);
      return ExitCode.ok;
    }
    const outcome = await command.run(options, terminal);
    print(outcome, json, terminal);
    return outcome.exitCode;
  } catch (error) {
    return fail(error, json, terminal);
  }
}

function print({ json, text }: Outcome, asJson: boolean, terminal: Terminal): void {
  if (asJson) terminal.out(`${visibleJson(json)}\n`);
  else if (text !== '') terminal.out(`${visibleText(text)}\n`);
}

function fail(error: unknown, asJson: boolean, terminal: Terminal): ExitCode {
  const { code, message, hint, exitCode } = explain(error, terminal.signal);
  if (asJson) terminal.out(`${visibleJson({ error: { code, message, hint }, exitCode })}\n`);
  else terminal.err(`memmamba: ${message}${hint === undefined ? '' : `\n  ${hint}`}\n`);
  return exitCode;
}

function explain(
  error: unknown,
  signal: AbortSignal,
): { code: string; message: string; hint?: string | undefined; exitCode: ExitCode } {
  if (error instanceof UserError) {
    const { code, message, hint, exitCode } = error;
    return { code, message: visibleLine(message), hint: hint && visibleLine(hint), exitCode };
  }
  if (error instanceof ReadInterruptedError) {
    const kept =
      error.keptTokens > 0
        ? `The state after ${error.keptTokens} of ${error.totalTokens} tokens is stored; the next run continues from there.`
        : undefined;
    return {
      code: 'interrupted',
      message: `${visibleLine(error.message)}.`,
      hint: kept,
      exitCode: ExitCode.interrupted,
    };
  }
  if (isAbort(error, signal)) return { code: 'interrupted', message: 'interrupted.', exitCode: ExitCode.interrupted };
  // A bug in this program: its author needs the stack.
  const detail = error instanceof Error ? (error.stack ?? error.message) : describeError(error);
  return {
    code: 'internal',
    message: `internal error: ${detail}`,
    hint: 'This is a bug in memmamba; please report it with the lines above.',
    exitCode: ExitCode.failure,
  };
}
