/** mapi serve: stays logged on, so that mail is sent and received. */
import { type CommandSpec, EXIT_INTERRUPTED } from '../command.ts';
import { endJson, endText } from '../end-text.ts';

const serve: CommandSpec = {
  usage: 'serve',
  summary: 'Stay logged on: send and receive mail until interrupted.',
  help: 'Logs on and sends and receives mail by every transport of the profile, until it is interrupted (SIGINT, SIGTERM) or\nasked to end (mapi session end); then the session ends by the whole procedure, and its report is printed. What is still in\nthe outgoing queue stays there.\n\nExit code: 130, since it ends in no other way.',
  options: [{ flags: '--shared', description: 'let other programs join the session (MAPI_ALLOW_OTHERS)' }],
  run: async (context, _args, options) => {
    const sharing = options.shared === true ? { newSession: false, allowOthers: true } : {};
    const { end } = await context.withSession(sharing, async ({ signal }) => {
      context.note('serving; interrupt with Ctrl-C');
      if (signal.aborted) return;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    });
    context.print(endJson(end), () => endText(context.io.terminal, end));
    return EXIT_INTERRUPTED;
  },
};

export const SERVE_COMMANDS: readonly CommandSpec[] = [serve];
