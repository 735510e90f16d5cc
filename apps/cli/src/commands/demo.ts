/** mapi demo: the main job from end to end, on embedded defaults. `npm start` runs it. */
import { type CommandSpec, EXIT_DONE, EXIT_FAILED } from '../command.ts';
import { firstLight } from '../demo/first-light.ts';

const demo: CommandSpec = {
  usage: 'demo',
  summary: 'Show the whole way of a message, step by step.',
  help: 'Makes two profiles in a MAPI home (a temporary directory, unless --home or $MAPI_HOME names one), starts an SMTP server\non this machine, sends a real message with attachments from one profile to the other through it, waits for the new-mail\nnotification, and ends both sessions with a report. Needs no configuration and no network.',
  run: async (context) => ((await firstLight(context)) ? EXIT_DONE : EXIT_FAILED),
};

export const DEMO_COMMANDS: readonly CommandSpec[] = [demo];
