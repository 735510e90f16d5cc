/** mapi flush: IMAPIStatus::FlushQueues of the spooler. */
import { MapiError } from 'nodemapi';
import { type CommandSpec, EXIT_DONE, EXIT_INTERRUPTED, EXIT_PARTIAL, numberOption } from '../command.ts';
import { outgoingText } from '../end-text.ts';
import { Progress } from '../progress.ts';
import { countText, paint } from '../terminal.ts';

const flush: CommandSpec = {
  usage: 'flush',
  summary: 'Send and receive now.',
  help: 'Sends everything in the outgoing queues that is due, and fetches incoming mail, by every transport of the profile.\n\nExit codes: 0 done; 3 something failed or is left in the queue; 130 interrupted.',
  options: [{ flags: '--timeout <seconds>', description: 'give up after this time', default: '60' }],
  run: async (context, _args, options) => {
    const seconds = numberOption(options, 'timeout') ?? 60;
    const { result, end } = await context.withSession({}, async ({ spooler, signal }) => {
      if (spooler === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'this session has no spooler');
      const progress = new Progress(context, 'flushing');
      try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
        return await spooler.flushQueues({ upload: true, download: true }, limit, (done, total) =>
          progress.update(done, total),
        );
      } finally {
        progress.done();
      }
    });
    context.print(result, () => {
      const good = result.failed === 0 && result.left === 0;
      const mark = paint(context.io.terminal, good ? 'green' : 'yellow', good ? '✓' : '!');
      return `${mark} ${result.sent} sent, ${result.failed} failed, ${result.left} left, ${countText(result.received, 'message')} received (${outgoingText(end.outgoing)})`;
    });
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    return result.failed > 0 || result.left > 0 ? EXIT_PARTIAL : EXIT_DONE;
  },
};

export const FLUSH_COMMANDS: readonly CommandSpec[] = [flush];
