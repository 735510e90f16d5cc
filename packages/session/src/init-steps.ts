/**
 * What the first MAPIInitialize builds, step by step; each step that fails has a code of its own.
 *
 * spec: mapiinitialize
 */
import { isAbsolute } from 'node:path';
import { type Clock, type FileSystem, MapiError, type MapiErrorCode, type Timer } from '@nodemapi/base';

/** MAPIINIT_0, by name. */
export interface InitializeOptions {
  /** MAPI_INIT_VERSION, 0: the version of the structure. */
  readonly version?: number;
  /**
   * MAPI_MULTITHREAD_NOTIFICATIONS: MAPI itself sees to it that notifications can be delivered. There is one event
   * loop, which then stays alive until the last MAPIUninitialize; without it the program has to keep it alive.
   */
  readonly multithreadNotifications?: boolean;
  /** MAPI_NO_COINIT: the caller has the platform up already; MAPI neither checks nor starts it. */
  readonly noCoInit?: boolean;
  /** MAPI_NT_SERVICE: the process is a service, which nobody sits in front of. */
  readonly ntService?: boolean;
}

const INIT_OPTIONS: ReadonlySet<string> = new Set<keyof InitializeOptions>([
  'version',
  'multithreadNotifications',
  'noCoInit',
  'ntService',
]);

/** What MAPI stands on: here it is Node.js. MAPI: COM */
export interface Platform {
  /** The version of Node.js. */
  readonly version: string;
  /** Fails if something is missing that MAPI needs. */
  start(): void | Promise<void>;
}

/** The Node.js that runs this; it needs its full set of encodings. */
export const systemPlatform: Platform = {
  version: process.versions.node,
  start: () => void new TextDecoder('windows-1252'),
};

/** The oldest Node.js: major and minor. */
const NODE_MIN = [20, 19] as const;

export interface InitSurroundings {
  readonly home: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly platform: Platform;
  /** Sets up what a service needs in place of a user. */
  readonly prepareService: (() => Promise<void>) | undefined;
  /** Fails if MAPI is initialised too often. */
  readonly assertCount: () => void;
  /** Reaches the storage of profiles. */
  readonly reachProfiles: () => Promise<unknown>;
}

/** What stays up from the first MAPIInitialize to the last MAPIUninitialize. */
export class Initialisation {
  /** The process is a service. */
  readonly isService: boolean;
  #keepAlive: Timer | undefined;

  private constructor(init: InitializeOptions) {
    this.isService = init.ntService === true;
  }

  /** Goes through the steps; nothing stays behind if one fails. @throws the code of the step that failed */
  static async start(init: InitializeOptions, outside: InitSurroundings): Promise<Initialisation> {
    const made = new Initialisation(init);
    try {
      for (const step of STEPS) await runStep(step, made, init, outside);
      return made;
    } catch (error) {
      made.end();
      throw error;
    }
  }

  /** Keeps the event loop alive, if that was asked for. */
  startNotifications(init: InitializeOptions, clock: Clock): void {
    if (init.multithreadNotifications === true) this.#keepAlive = clock.setTimer(Number.POSITIVE_INFINITY, () => {});
  }

  end(): void {
    this.#keepAlive?.cancel();
    this.#keepAlive = undefined;
  }
}

interface InitStep {
  readonly name: string;
  /** undefined: what the step throws is the answer. */
  readonly code: MapiErrorCode | undefined;
  readonly applies?: (init: InitializeOptions) => boolean;
  readonly run: (outside: InitSurroundings, init: InitializeOptions, made: Initialisation) => unknown;
}

const STEPS: readonly InitStep[] = [
  {
    name: 'service environment',
    code: 'MAPI_E_TOO_COMPLEX',
    applies: (init) => init.ntService === true,
    run: prepareService,
  },
  { name: 'platform', code: undefined, applies: (init) => init.noCoInit !== true, run: startPlatform },
  { name: 'what the process shares', code: 'MAPI_E_SESSION_LIMIT', run: (outside) => outside.assertCount() },
  {
    name: 'what all processes share',
    code: 'MAPI_E_NOT_ENOUGH_RESOURCES',
    run: ({ files, home }) => files.mkdir(home, { mode: 0o700 }),
  },
  {
    name: 'notification engine',
    code: 'MAPI_E_INVALID_OBJECT',
    run: ({ clock }, init, made) => made.startNotifications(init, clock),
  },
  { name: 'profile provider', code: 'MAPI_E_NOT_INITIALIZED', run: (outside) => outside.reachProfiles() },
];

/** @throws MAPI_E_INVALID_PARAMETER, MAPI_E_UNKNOWN_FLAGS */
export function checkInitialize(init: unknown): asserts init is InitializeOptions {
  if (typeof init !== 'object' || init === null || ((init as InitializeOptions).version ?? 0) !== 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'MAPIInitialize: the structure is not of version 0');
  }
  const unknown = Object.keys(init).find((name) => !INIT_OPTIONS.has(name));
  if (unknown !== undefined) throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `MAPIInitialize has no option ${unknown}`);
}

async function runStep(
  step: InitStep,
  made: Initialisation,
  init: InitializeOptions,
  outside: InitSurroundings,
): Promise<void> {
  if (step.applies?.(init) === false) return;
  try {
    await step.run(outside, init, made);
  } catch (cause) {
    const failure = MapiError.from(cause, 'MAPI');
    const code = step.code ?? failure.code;
    throw new MapiError(code, `MAPIInitialize: ${step.name}: ${failure.detail}`, { cause, context: step.name });
  }
}

/** A service starts in any directory, so its home has to be named in full. */
async function prepareService({ home, prepareService: prepare }: InitSurroundings): Promise<void> {
  if (!isAbsolute(home)) throw new MapiError('MAPI_E_TOO_COMPLEX', `the home ${home} of a service is no absolute path`);
  await prepare?.();
}

async function startPlatform({ platform }: InitSurroundings): Promise<void> {
  const [major = 0, minor = 0] = platform.version.split('.').map(Number);
  const isOld = major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]);
  if (isOld) {
    throw new MapiError(
      'MAPI_E_VERSION',
      `Node.js ${platform.version}; ${NODE_MIN.join('.')} is the oldest that works`,
    );
  }
  await platform.start();
}
