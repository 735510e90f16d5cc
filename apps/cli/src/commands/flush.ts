/** mapi flush: IMAPIStatus::FlushQueues of the spooler. */
import { type CommandSpec, EXIT_DONE, EXIT_INTERRUPTED, EXIT_PARTIAL, numberOption } from '../command.ts';
import { Progress } from '../progress.ts';
import { brokenTransports, checkStores, spoolerOf } from '../spooler.ts';
import { countText, paint, printable } from '../terminal.ts';

const flush: CommandSpec = {
  usage: 'flush',
  summary: 'Send and receive now.',
  help: 'Sends what is in the outgoing queues, and fetches incoming mail, by every transport of the profile. It tries\nalso what waits for its next attempt after a failure. What is held, or was to be sent at a later time\n(mapi send --at), stays in the queue. A transport that does not work is named.\n\nExit codes: 0 done; 3 something failed, is left in the queue, or a transport does not work; 130 interrupted.',
  options: [{ flags: '--timeout <seconds>', description: 'give up after this time', default: '60' }],
  run: async (context, _args, options) => {
    const seconds = numberOption(options, 'timeout') ?? 60;
    const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
      await checkStores(use.session);
      const spooler = spoolerOf(use);
      const progress = new Progress(context, 'flushing');
      try {
        const limit = AbortSignal.any([use.signal, AbortSignal.timeout(seconds * 1000)]);
        const flushed = await spooler.flushQueues({ upload: true, download: true }, limit, (done, total) =>
          progress.update(done, total),
        );
        const broken = await brokenTransports(use.session);
        return broken.length === 0 ? flushed : { ...flushed, broken };
      } finally {
        progress.done();
      }
    });
    const broken = 'broken' in result ? result.broken : [];
    const good = result.failed === 0 && result.left === 0 && broken.length === 0;
    context.print(result, () => {
      const mark = paint(context.io.terminal, good ? 'green' : 'yellow', good ? '✓' : '!');
      const left = result.left === 0 ? '' : `, ${result.left} left in the queue`;
      return `${mark} ${countText(result.sent, 'message')} sent, ${result.received} received, ${result.failed} failed${left}`;
    });
    for (const { name, problem } of broken) context.note(`${printable(name)} does not work: ${printable(problem)}`);
    if (result.left > 0) context.note('why they are left: mapi outbox');
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    return good ? EXIT_DONE : EXIT_PARTIAL;
  },
};

export const FLUSH_COMMANDS: readonly CommandSpec[] = [flush];
