/** The `mapi` command: finds the command, runs it, answers the exit code. */
import { Command, CommanderError } from 'commander';
import { type CommandOptions, type CommandSpec, EXIT_DONE, EXIT_INTERRUPTED, EXIT_USAGE } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { Context } from './context.ts';
import { report } from './errors.ts';
import { type Io, processIo } from './io.ts';

const GROUPS: Readonly<Record<string, string>> = {
  profile: 'Create, show, copy, rename and delete profiles.',
  service: 'Message services of a profile: stores, address books, transports.',
  outbox: 'The outgoing queue: what waits, and why.',
  address: 'The address book.',
};

/** Runs `mapi` with these arguments; answers the exit code. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  let exitCode = EXIT_DONE;
  let interrupted = false;
  const program = new Command('mapi')
    .description('Extended MAPI on the command line.')
    .option('--json', 'print one JSON document')
    .option('--profile <name>', 'profile to log on with ($MAPI_PROFILE, else the default profile)')
    .option('--home <dir>', 'MAPI home directory ($MAPI_HOME, else the data directory of the platform)')
    .option('--no-input', 'never ask')
    .version('0.1.0')
    .showHelpAfterError('(try --help)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) });
  const runCommand = async (
    spec: CommandSpec,
    command: Command,
    commandArgs: Parameters<CommandSpec['run']>[1],
  ): Promise<void> => {
    const options: CommandOptions = command.optsWithGlobals();
    const context = new Context(io, {
      json: options.json === true,
      profile: typeof options.profile === 'string' ? options.profile : undefined,
      home: typeof options.home === 'string' ? options.home : undefined,
      input: options.input !== false,
    });
    const stop = onInterrupt(() => {
      interrupted = true;
      context.interrupt();
    });
    const alive = setInterval(() => undefined, 1 << 30); // a command that waits keeps the process, whatever it waits for
    try {
      exitCode = await spec.run(context, commandArgs, options);
    } catch (error) {
      exitCode = report(io, context.json, spec.usage.replace(/ [[<].*$/u, ''), error);
    } finally {
      clearInterval(alive);
      stop();
    }
  };
  for (const spec of COMMANDS) register(program, spec, runCommand);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(io, args.includes('--json'), '', error);
    if (error.exitCode === 0) return EXIT_DONE;
    if (args.includes('--json')) {
      io.out(
        JSON.stringify(
          { error: { code: 'USAGE', message: error.message.replace(/^error: /u, ''), where: args.join(' ') } },
          undefined,
          2,
        ),
      );
    }
    return EXIT_USAGE;
  }
  return interrupted ? EXIT_INTERRUPTED : exitCode;
}

type Runner = (spec: CommandSpec, command: Command, args: Parameters<CommandSpec['run']>[1]) => Promise<void>;

/** Puts a command into the program, below its group if its usage begins with two words. */
function register(program: Command, spec: CommandSpec, run: Runner): void {
  const [, words = '', argumentsText = ''] = /^([a-z ]+?)(?: ([[<].*))?$/u.exec(spec.usage) ?? [];
  const path = words.split(' ');
  const name = path.at(-1) ?? words;
  const parent = path.length === 1 ? program : groupOf(program, path[0] ?? '');
  const command = parent.command(`${name} ${argumentsText}`.trim(), { isDefault: spec.isDefault === true });
  command.summary(spec.summary).description(spec.help).exitOverride();
  command.showHelpAfterError('(try --help)').configureHelp({ showGlobalOptions: true });
  for (const option of spec.options ?? []) {
    if (option.repeat === true) {
      command.option(
        option.flags,
        option.description,
        (value: string, all: readonly string[]) => [...all, value],
        [] as readonly string[],
      );
    } else command.option(option.flags, option.description, option.default);
  }
  command.action(async (...values: unknown[]) => {
    const self = values.at(-1) as Command;
    await run(spec, self, self.processedArgs as Parameters<CommandSpec['run']>[1]);
  });
}

function groupOf(program: Command, name: string): Command {
  const existing = program.commands.find((candidate) => candidate.name() === name);
  if (existing !== undefined) return existing;
  return program
    .command(name)
    .description(GROUPS[name] ?? '')
    .exitOverride()
    .showHelpAfterError('(try --help)');
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
