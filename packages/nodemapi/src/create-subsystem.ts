/** Makes a MAPI subsystem of a home directory with the providers that come with nodemapi. */
import { fileURLToPath } from 'node:url';
import {
  type Clock,
  type FileSystem,
  type Log,
  MapiError,
  nodeFileSystem,
  nullLog,
  type Random,
  systemClock,
  systemRandom,
} from '@nodemapi/base';
import { type HubEndpoint, homeEndpoint } from '@nodemapi/hub';
import type { SpoolerFactory } from '@nodemapi/kit';
import { type FastShutdownPolicy, leakLines, type SubsystemConfig } from '@nodemapi/session';
import { createSpooler, type SpoolerOptions } from '@nodemapi/spooler';
import { loadCatalogue } from './catalogue-file.ts';
import { defaultHome } from './home.ts';
import { HomeSubsystem } from './home-subsystem.ts';
import { moduleLoader } from './modules.ts';
import { bothHooks, type ObserveOptions, observation, observeOptions } from './observe.ts';
import { storageOnStream } from './structured-storage.ts';
import { isTraced, tellUnknownTraceWords } from './trace-words.ts';

/** Settings of a subsystem; each has a default that suits a program. */
export interface SubsystemOptions
  extends Partial<
    Pick<
      SubsystemConfig,
      | 'captureOpeners'
      | 'traceLeaks'
      | 'fastShutdownPolicy'
      | 'trace'
      | 'loadModule'
      | 'prepareService'
      | 'initSignal'
      | 'accessToken'
    >
  > {
  /** The MAPI home; `$MAPI_HOME` or the data directory of the platform if omitted. */
  readonly home?: string;
  readonly files?: FileSystem;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Settings of the spooler of each session. */
  readonly spooler?: SpoolerOptions;
  readonly createSpooler?: SpoolerFactory;
  /** Logs, metrics and spans; all of them with `true`. By default what `$MAPI_OBSERVE` says: nothing. */
  readonly observe?: boolean | ObserveOptions;
  /** Where the processes of the home meet; by default in the home, and nowhere with `files` of one's own. */
  readonly hub?: HubEndpoint;
}

/**
 * Makes a subsystem; nothing is started until `MAPIInitialize`. The home is created, for its owner alone.
 *
 * With `leaks` in `$MAPI_TRACE` (or `traceLeaks`) the process prints at its exit, on standard error, what its programs
 * left open. A word in `$MAPI_TRACE` that does not exist is told there once.
 *
 * `$MAPI_FAST_SHUTDOWN` (0, 1 or 2) is the policy of fast shutdown, unless `fastShutdownPolicy` says another.
 *
 * `$MAPI_OBSERVE` (`all`, or some of `log,metrics,spans`) says what is observed, unless `observe` does.
 *
 * @throws MAPI_E_NO_ACCESS or MAPI_E_NOT_ENOUGH_DISK if the home cannot be made; MAPI_E_INVALID_PARAMETER for a wrong
 *   `mapisvc.json` or a wrong word in an environment variable; MAPI_E_NOT_FOUND for spans without OpenTelemetry
 */
export async function createSubsystem(options: SubsystemOptions = {}): Promise<HomeSubsystem> {
  const home = options.home ?? defaultHome(process.env, process.platform);
  const files = options.files ?? nodeFileSystem;
  await makeHome(home, files);
  const catalogue = await loadCatalogue(home, files);
  const clock = options.clock ?? systemClock;
  const observed = await observation(options.observe ?? observeOptions(process.env.MAPI_OBSERVE), {
    clock,
    log: options.log,
    write: (line) => void process.stderr.write(`${line}\n`),
  });
  const log = options.log ?? observed.log ?? nullLog;
  const { telemetry } = observed;
  const trace = bothHooks(options.trace, observed.trace);
  const hub = options.hub ?? (options.files === undefined ? homeEndpoint(home, log) : undefined);
  tellUnknownTraceWords(process.env.MAPI_TRACE, (line) => void process.stderr.write(`${line}\n`));
  const traceLeaks = options.traceLeaks ?? isTraced(process.env.MAPI_TRACE, 'leaks');
  const subsystem = new HomeSubsystem({
    home,
    files,
    clock,
    random: options.random ?? systemRandom,
    log,
    catalogue,
    internalDirectories: [fileURLToPath(new URL('.', import.meta.url))],
    loadModule: options.loadModule ?? moduleLoader(home, catalogue),
    storageOnStream,
    ...(telemetry.metrics === undefined ? {} : { metrics: telemetry.metrics }),
    createSpooler: options.createSpooler ?? ((host) => createSpooler(host, { telemetry, ...options.spooler })),
    ...(hub === undefined ? {} : { hub }),
    ...(options.captureOpeners === undefined ? {} : { captureOpeners: options.captureOpeners }),
    fastShutdownPolicy: options.fastShutdownPolicy ?? shutdownPolicy(process.env.MAPI_FAST_SHUTDOWN),
    ...(traceLeaks ? { traceLeaks } : {}),
    ...(trace === undefined ? {} : { trace }),
    ...(options.prepareService === undefined ? {} : { prepareService: options.prepareService }),
    ...(options.accessToken === undefined ? {} : { accessToken: options.accessToken }),
    ...(options.initSignal === undefined ? {} : { initSignal: options.initSignal }),
  });
  if (traceLeaks) process.on('exit', () => printLeaks(subsystem));
  return subsystem;
}

async function makeHome(home: string, files: FileSystem): Promise<void> {
  try {
    await files.mkdir(home, { mode: 0o700 });
  } catch (cause) {
    const { code, detail } = MapiError.from(cause, 'nodemapi');
    if (code === 'MAPI_E_COLLISION')
      throw new MapiError('MAPI_E_NO_ACCESS', `the MAPI home ${home} is a file, not a directory`, { cause });
    throw new MapiError(code, `the MAPI home ${home} cannot be made: ${detail}`, { cause });
  }
}

/** The administrator's choice; by default fast shutdown is to be had unless a provider objects. */
function shutdownPolicy(text: string | undefined): FastShutdownPolicy {
  if (text === undefined || text === '' || text === '0') return 0;
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `MAPI_FAST_SHUTDOWN is ${JSON.stringify(text)}; it is 0, 1 or 2`);
}

/** The process is ending: only what is written at once arrives. */
function printLeaks(subsystem: HomeSubsystem): void {
  const { leaks, more } = subsystem.leaks();
  const text = leakLines(leaks, more)
    .map((line) => `${line}\n`)
    .join('');
  if (text !== '') process.stderr.write(text);
}
