/** The `mapi` command: finds the command, runs it, answers the exit code. */
import { Command, CommanderError } from 'commander';
import { systemClock } from 'nodemapi';
import {
  type CommandOptions,
  type CommandSpec,
  EXIT_DONE,
  EXIT_INTERRUPTED,
  EXIT_USAGE,
  type OptionSpec,
  UsageError,
} from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { Context } from './context.ts';
import { report } from './errors.ts';
import { addHelp } from './help.ts';
import { type Io, processIo } from './io.ts';
import { verbFirst } from './verb-first.ts';

/** The version of this package. */
export const VERSION = '0.1.0';
/** Any time will do that a timer can wait. */
const keepAliveMs = 1 << 30;
/** Lines of help are at most so long. */
const helpColumnsMax = 100;

const GROUPS: Readonly<Record<string, string>> = {
  profile: 'Create, show, copy, rename and delete profiles.',
  service: 'Message services of a profile: stores, address books, transports.',
  outbox: 'The outgoing queue: what waits, and why.',
  address: 'The address book.',
  session: 'Sessions of this MAPI home, in all processes.',
  headers: 'Mail that waits at accounts that fetch only what is asked for.',
  folder: 'Make folders; to see them: mapi folders.',
};

const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--json', description: 'print one JSON document' },
  { flags: '--profile <name>', description: 'profile to use ($MAPI_PROFILE, else the default profile)' },
  { flags: '--home <dir>', description: 'MAPI home directory ($MAPI_HOME, else the data directory of the platform)' },
  { flags: '--no-input', description: 'never ask' },
  { flags: '--verbose', description: 'tell step by step how the session ended' },
];

/** Runs `mapi` with these arguments; answers the exit code. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  const json = args.includes('--json');
  const outcome: Outcome = { exitCode: EXIT_DONE, signalled: false, outputClosed: false };
  const program = makeProgram(io, json);
  for (const spec of COMMANDS) {
    register(program, spec, async (command, values) => {
      outcome.exitCode = await runCommand(io, outcome, spec, command, values);
    });
  }
  addHelp(program);
  try {
    await program.parseAsync([...verbFirst(args, COMMANDS, GLOBAL_OPTIONS)], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(io, json, '', error);
    if (error.exitCode === 0) return EXIT_DONE;
    if (json) report(io, json, commandOf(program, args), new UsageError(error.message.replace(/^error: /u, '')));
    return EXIT_USAGE;
  }
  if (outcome.signalled) return EXIT_INTERRUPTED;
  return outcome.outputClosed && outcome.exitCode === EXIT_INTERRUPTED ? EXIT_DONE : outcome.exitCode;
}

interface Outcome {
  exitCode: number;
  signalled: boolean;
  outputClosed: boolean;
}

/** What commander prints by itself, as JSON: the version, else a help text. */
function textJson(text: string): string {
  return JSON.stringify(text === VERSION ? { version: text } : { help: text }, undefined, 2);
}

function makeProgram(io: Io, json: boolean): Command {
  const columns = (): number => Math.min(io.terminal.columns, helpColumnsMax);
  const program = new Command('mapi')
    .description(
      'Extended MAPI on the command line: profiles, mail, folders, the outgoing queue.\n\n' +
        'To see it work: mapi demo. To begin: mapi profile create NAME --default, then mapi send --to ADDRESS.\n\n' +
        'Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done in part; 130 interrupted.',
    )
    .version(VERSION)
    .showHelpAfterError('Try: mapi --help')
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => io.out(json ? textJson(text.trimEnd()) : text.trimEnd()),
      writeErr: (text) => {
        if (!json) io.err(text.trimEnd());
      },
      outputError: (text, write) => write(text.replace(/^error: /u, 'mapi: ')),
      getOutHelpWidth: columns,
      getErrHelpWidth: columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const option of GLOBAL_OPTIONS) program.option(option.flags, option.description);
  return program;
}

/** The words of the command that the arguments name. */
function commandOf(program: Command, args: readonly string[]): string {
  let command = program;
  for (const arg of args) command = command.commands.find((candidate) => candidate.name() === arg) ?? command;
  return pathOf(command);
}

function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}

async function runCommand(
  io: Io,
  outcome: Outcome,
  spec: CommandSpec,
  command: Command,
  args: Parameters<CommandSpec['run']>[1],
): Promise<number> {
  const options: CommandOptions = command.optsWithGlobals();
  const context = new Context(io, {
    json: options.json === true,
    profile: typeof options.profile === 'string' ? options.profile : undefined,
    home: typeof options.home === 'string' ? options.home : undefined,
    input: options.input !== false,
    verbose: options.verbose === true,
  });
  const stop = onInterrupt(() => {
    outcome.signalled = true;
    context.note('interrupted: ending in good order; interrupt again to stop at once');
    context.interruptByUser();
  });
  io.onOutputClosed(() => {
    outcome.outputClosed = true;
    context.interrupt();
  });
  using _alive = keepAlive();
  try {
    return await spec.run(context, args, options);
  } catch (error) {
    return report(io, context.json, pathOf(command), error);
  } finally {
    stop();
  }
}

/** A command that waits keeps the process, whatever it waits for. */
function keepAlive(): Disposable {
  let timer = systemClock.setTimer(keepAliveMs, renew);
  function renew(): void {
    timer = systemClock.setTimer(keepAliveMs, renew);
  }
  return { [Symbol.dispose]: () => timer.cancel() };
}

type Runner = (command: Command, args: Parameters<CommandSpec['run']>[1]) => Promise<void>;

/** Puts a command into the program, below its group if its usage begins with two words. */
function register(program: Command, spec: CommandSpec, run: Runner): void {
  const [, words = '', argumentsText = ''] = /^([a-z ]+?)(?: ([[<].*))?$/u.exec(spec.usage) ?? [];
  const path = words.split(' ');
  const name = path.at(-1) ?? words;
  const parent = path.length === 1 ? program : groupOf(program, path[0] ?? '');
  const command = parent.command(`${name} ${argumentsText}`.trim(), { isDefault: spec.isDefault === true });
  command
    .summary(spec.summary)
    .description(spec.help.replaceAll(/(?<!\n)\n(?!\n)/gu, ' '))
    .showHelpAfterError(`Try: mapi ${words} --help`);
  command.configureHelp({ showGlobalOptions: true });
  for (const option of spec.options ?? []) {
    if (option.repeat === true) {
      command.option(option.flags, option.description, (value: string, all?: readonly string[]) => [
        ...(all ?? []),
        value,
      ]);
    } else command.option(option.flags, option.description, option.default);
  }
  if (spec.isDefault === true) command.allowExcessArguments(true);
  command.action(async (...values: unknown[]) => {
    const self = values.at(-1) as Command;
    const excess = self.args[self.processedArgs.length];
    if (excess !== undefined && spec.isDefault === true)
      parent.error(`error: "${excess}" is no command of mapi ${parent.name()}`, { exitCode: EXIT_USAGE });
    await run(self, self.processedArgs as Parameters<CommandSpec['run']>[1]);
  });
}

function groupOf(program: Command, name: string): Command {
  const existing = program.commands.find((candidate) => candidate.name() === name);
  if (existing !== undefined) return existing;
  return program
    .command(name)
    .description(GROUPS[name] ?? '')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError(`Try: mapi ${name} --help`);
}

/** The first signal ends the command in good order, the second one at once. */
function onInterrupt(first: () => void): () => void {
  let count = 0;
  const handler = (): void => {
    count++;
    if (count === 1) first();
    else process.exit(EXIT_INTERRUPTED);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}
