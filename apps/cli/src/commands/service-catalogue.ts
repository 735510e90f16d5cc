/** mapi service import and uninstall: the catalogue of the home. */
import { importServices, nodeFileSystem, uninstallService } from 'nodemapi';
import { type CommandSpec, EXIT_DONE, EXIT_PARTIAL, listOption, textArg, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { openInput, readAllBytes } from '../input.ts';
import { paint, printable } from '../terminal.ts';

const importInf: CommandSpec = {
  usage: 'service import <file>',
  summary: 'Take the services of a mapisvc.inf into the catalogue.',
  help:
    'Reads a mapisvc.inf and puts its services into mapisvc.json of the MAPI home, from where they can be added to\n' +
    'profiles. --module says which npm package stands for which library. What cannot be used is left out and named,\n' +
    'with its line; the exit code is 3 then.\n\n' +
    'Example: mapi service import MAPISVC.INF --module MYFAX=my-fax-transport',
  options: [
    { flags: '--module <library=package>', description: 'package that stands for a library', repeat: true },
    { flags: '--defaults', description: 'take its default services, too' },
  ],
  run: async (context, args, options) => {
    const modules = Object.fromEntries(listOption(options, 'module').map(pairOf));
    const bytes = await readAllBytes(await openInput(context, textArg(args, 0)));
    const defaults = options.defaults === true;
    const { services, problems } = await importServices(context.home, nodeFileSystem, bytes, { modules, defaults });
    await announce(context, services);
    context.print({ services: services.map((name) => ({ name })), problems }, () =>
      [
        ...services.map(
          (name) => `${paint(context.io.terminal, 'green', '✓')} service "${printable(name)}" is in the catalogue`,
        ),
        ...problems.map(({ line, message }) => `${line === 0 ? '' : `line ${line}: `}${printable(message)}`),
      ].join('\n'),
    );
    return problems.length === 0 ? EXIT_DONE : EXIT_PARTIAL;
  },
};

/** A service whose library cannot be loaded yet is installed all the same. */
async function announce(context: Context, services: readonly string[]): Promise<void> {
  const subsystem = await context.subsystem();
  for (const name of services) {
    try {
      await subsystem.installService(name);
    } catch (error) {
      context.note(`service "${printable(name)}" did not hear of its installation: ${printable(String(error))}`);
    }
  }
}

const uninstall: CommandSpec = {
  usage: 'service uninstall <service>',
  summary: 'Take a service out of the catalogue.',
  help: 'Asks a service of mapisvc.json to clean up and takes it out of the catalogue. Profiles that have it keep it.',
  run: async (context, args) => {
    const name = textArg(args, 0);
    await uninstallService(await context.subsystem(), name, context.ui ?? undefined);
    context.print({ services: [{ name }] }, () => `service "${printable(name)}" is out of the catalogue`);
    return EXIT_DONE;
  },
};

function pairOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) throw new UsageError(`--module needs library=package, not "${text}"`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

export const CATALOGUE_COMMANDS: readonly CommandSpec[] = [importInf, uninstall];
