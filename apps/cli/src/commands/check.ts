/** mapi check: consistency of the stores and the configuration. */
import { checkHome } from 'nodemapi';
import { type CommandSpec, EXIT_DONE, EXIT_FAILED } from '../command.ts';
import { paint, printable } from '../terminal.ts';

const check: CommandSpec = {
  usage: 'check',
  summary: 'Check the stores and the configuration.',
  help: 'Checks every profile of this MAPI home, or the one named by --profile: that it can be read, that its services are in the\ncatalogue, and that its stores and address books are consistent. --repair mends what can be mended without loss.\n\nExit codes: 0 everything is in order; 1 there are problems.',
  options: [{ flags: '--repair', description: 'mend what can be mended without loss' }],
  run: (context, _args, options) =>
    context.withProfiles(async (_admin, subsystem) => {
      const only = context.options.profile;
      const stores = await checkHome(subsystem, {
        repair: options.repair === true,
        ...(only === undefined ? {} : { profile: only }),
      });
      context.print({ stores }, () => {
        if (stores.length === 0) return 'There is nothing to check: no profile has a store with a file.';
        return stores
          .map((store) => {
            const mark = store.ok ? paint(context.io.terminal, 'green', '✓') : paint(context.io.terminal, 'red', '✗');
            return [
              `${mark} ${store.name}`,
              ...store.problems.map((problem) => `    ${printable(problem.message)} (${problem.code})`),
            ].join('\n');
          })
          .join('\n');
      });
      return stores.every((store) => store.ok) ? EXIT_DONE : EXIT_FAILED;
    }),
};

export const CHECK_COMMANDS: readonly CommandSpec[] = [check];
