/** mapi flush: IMAPIStatus::FlushQueues of the spooler. */
import { type CommandSpec, EXIT_DONE, EXIT_INTERRUPTED, EXIT_PARTIAL, numberOption } from '../command.ts';
import { Progress } from '../progress.ts';
import { checkStores, spoolerOf } from '../spooler.ts';
import { countText, paint } from '../terminal.ts';

const flush: CommandSpec = {
  usage: 'flush',
  summary: 'Send and receive now.',
  help: 'Sends what is in the outgoing queues, and fetches incoming mail, by every transport of the profile. It tries\nalso what waits for its next attempt after a failure. What is held, or was to be sent at a later time\n(mapi send --at), stays in the queue.\n\nExit codes: 0 done; 3 something failed or is left in the queue; 130 interrupted.',
  options: [{ flags: '--timeout <seconds>', description: 'give up after this time', default: '60' }],
  run: async (context, _args, options) => {
    const seconds = numberOption(options, 'timeout') ?? 60;
    const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
      await checkStores(use.session);
      const spooler = spoolerOf(use);
      const progress = new Progress(context, 'flushing');
      try {
        const limit = AbortSignal.any([use.signal, AbortSignal.timeout(seconds * 1000)]);
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
      const left = result.left === 0 ? '' : `, ${result.left} left in the queue`;
      return `${mark} ${countText(result.sent, 'message')} sent, ${result.received} received, ${result.failed} failed${left}`;
    });
    if (result.left > 0) context.note('why they are left: mapi outbox');
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    return result.failed > 0 || result.left > 0 ? EXIT_PARTIAL : EXIT_DONE;
  },
};

export const FLUSH_COMMANDS: readonly CommandSpec[] = [flush];
