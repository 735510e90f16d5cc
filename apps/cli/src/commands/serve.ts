/** mapi serve: stays logged on, so that mail is sent and received. */
import { AsyncStack, MapiError, type ObserveOptions, observeOptions } from 'nodemapi';
import { type CommandOptions, type CommandSpec, EXIT_INTERRUPTED, textOption, UsageError } from '../command.ts';
import type { Context, SessionOptions } from '../context.ts';
import { endJson, endText } from '../end-text.ts';
import { metricsPlace, serveMetrics } from '../metrics-endpoint.ts';

const help = `Logs on and sends and receives mail by every transport of the profile, until it is interrupted (SIGINT, SIGTERM) or
asked to end (mapi session end); then the session ends by the whole procedure, and its report is printed. What is being
sent then has about 18 seconds to come to its end; what is still in the outgoing queue stays there.

--metrics 9464 answers Prometheus at http://127.0.0.1:9464/metrics, for this computer alone; --metrics ./mapi.sock on a
socket that only you can open. --observe log writes what happens as JSON lines on standard error, --observe spans makes
spans by the OpenTelemetry that the process has loaded (NODE_OPTIONS=--import=FILE), --observe all does everything.

Exit code: 130, since it ends in no other way.`;

const serve: CommandSpec = {
  usage: 'serve',
  summary: 'Stay logged on: send and receive mail until interrupted.',
  help,
  options: [
    { flags: '--shared', description: 'let other programs join the session (MAPI_ALLOW_OTHERS)' },
    { flags: '--metrics <where>', description: 'show metrics on this port of 127.0.0.1, or on a Unix socket' },
    { flags: '--observe <what>', description: 'log, metrics and spans, with commas between them, or all' },
  ],
  run: async (context, _args, options) => {
    const where = textOption(options, 'metrics');
    const place = where === undefined ? undefined : metricsPlace(where, context.io.cwd);
    const { end } = await context.withSession(sessionOptions(context, options), async ({ subsystem, signal }) => {
      await using open = new AsyncStack();
      if (place !== undefined) {
        const endpoint = open.use(await serveMetrics(place, () => subsystem.metricsText()));
        subsystem.host.log.info('metrics served', { address: endpoint.address });
        context.note(`metrics: ${endpoint.address}`);
      }
      context.note('serving; interrupt with Ctrl-C');
      if (signal.aborted) return;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    });
    context.print(endJson(end), () => endText(context.io.terminal, end));
    return EXIT_INTERRUPTED;
  },
};

function sessionOptions(context: Context, options: CommandOptions): SessionOptions {
  const wanted = observed(textOption(options, 'observe') ?? context.io.environment.MAPI_OBSERVE);
  const metrics = textOption(options, 'metrics') === undefined ? {} : { metrics: true };
  const sharing = options.shared === true ? { newSession: false, allowOthers: true } : {};
  return { ...sharing, patient: true, observe: { ...wanted, ...metrics } };
}

function observed(words: string | undefined): ObserveOptions {
  try {
    return observeOptions(words);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_INVALID_PARAMETER')) throw new UsageError(`--observe: ${error.detail}`);
    throw error;
  }
}

export const SERVE_COMMANDS: readonly CommandSpec[] = [serve];
