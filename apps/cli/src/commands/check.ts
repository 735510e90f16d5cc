/** mapi check: consistency of the stores and the configuration. */
import { type CheckProblem, checkHome } from 'nodemapi';
import { type CommandSpec, EXIT_DONE, EXIT_FAILED } from '../command.ts';
import { paint, printable } from '../terminal.ts';

/** A file is damaged, where other problems are ones of the configuration. */
function isDamage({ code }: CheckProblem): boolean {
  return code === 'MAPI_E_CORRUPT_STORE' || !code.startsWith('MAPI_E_');
}

function whatToDo(repaired: boolean): string {
  return [
    'What to do: the damaged file is left as it is.',
    ...(repaired ? [] : ['  mend what can be mended without loss: mapi check --repair']),
    '  save what can still be read, folder by folder: mapi export Inbox --out DIR',
    '  then set the file aside (keep it) and put a copy from before in its place',
    '  without a copy: mapi profile create NAME makes a profile with a new store, and mapi import takes what was saved',
  ].join('\n');
}

const check: CommandSpec = {
  usage: 'check',
  summary: 'Check the stores and the configuration.',
  help: 'Checks every profile of this MAPI home, or the one named by --profile: that it can be read, that its services are in the\ncatalogue, and that its stores and address books are consistent. --repair mends what can be mended without loss. A file\nthat is damaged is left as it is, and what to do next is said.\n\nExit codes: 0 everything is in order; 1 there are problems.',
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
        const lines = stores
          .map((store) => {
            const mark = store.ok ? paint(context.io.terminal, 'green', '✓') : paint(context.io.terminal, 'red', '✗');
            return [
              `${mark} ${store.name}`,
              ...store.problems.map((problem) => `    ${printable(problem.message)} (${problem.code})`),
            ].join('\n');
          })
          .join('\n');
        const isDamaged = stores.some((store) => store.problems.some(isDamage));
        return isDamaged ? `${lines}\n\n${whatToDo(options.repair === true)}` : lines;
      });
      return stores.every((store) => store.ok) ? EXIT_DONE : EXIT_FAILED;
    }),
};

export const CHECK_COMMANDS: readonly CommandSpec[] = [check];
