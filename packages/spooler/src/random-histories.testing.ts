/** Many random histories, each made of one number, and the shortest one that fails. */
import { type Random, seededRandom } from '@nodemapi/base';
import { ACCIDENTS, BEHAVIOURS, type Command, DISK_ERRORS, RandomHistory } from './history.testing.ts';

const commandsMin = 4;
const commandsMax = 24;
const WAITS_MS = [0, 1, 7_000, 61_000, 200_000, 1_000_000];

/** How often each kind of command comes. */
const WEIGHTS = {
  submit: 6,
  behave: 4,
  pass: 6,
  ask: 3,
  accident: 3,
  crashAt: 3,
  disk: 2,
  pause: 2,
} as const;

const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind as keyof typeof WEIGHTS),
);

/** The commands of the history with this number. */
export function commandsOf(seed: number): readonly Command[] {
  const random = seededRandom(seed);
  const length = commandsMin + (random.uint32() % (commandsMax - commandsMin + 1));
  return Array.from({ length }, () => oneCommand(random));
}

function oneCommand(random: Random): Command {
  const upTo = (count: number): number => random.uint32() % count;
  const oneOf = <T>(values: readonly T[]): T => values[upTo(values.length)] as T;
  switch (oneOf(KINDS)) {
    case 'submit':
      return { kind: 'submit', recipients: 1 + upTo(3) };
    case 'behave':
      return { kind: 'behave', behaviour: oneOf(BEHAVIOURS) };
    case 'pass':
      return { kind: 'pass', ms: oneOf(WAITS_MS) };
    case 'ask':
      return { kind: oneOf(['hold', 'retry', 'cancel'] as const), which: upTo(20) };
    case 'accident':
      return { kind: oneOf(ACCIDENTS) };
    case 'crashAt':
      return { kind: 'crashAt', calls: 1 + upTo(60), after: upTo(2) === 0 };
    case 'disk':
      return { kind: 'disk', calls: 1 + upTo(30), code: oneOf(DISK_ERRORS) };
    case 'pause':
      return { kind: 'pause', ms: oneOf([5_000, 100_000, 400_000]) };
  }
}

/**
 * What is wrong with a history; undefined if nothing is.
 *
 * @param records whether the store keeps the records of its queue by itself
 */
export async function wrongWith(
  seed: number,
  commands: readonly Command[],
  records = true,
): Promise<string | undefined> {
  try {
    const history = await RandomHistory.begin(seed, records);
    for (const command of commands) await history.run(command);
    await history.end();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The shortest history that still fails when commands are left out of one that does. */
export async function shrunk(seed: number, commands: readonly Command[], records = true): Promise<readonly Command[]> {
  let short = commands;
  for (let index = 0; index < short.length; ) {
    const without = short.filter((_, place) => place !== index);
    if ((await wrongWith(seed, without, records)) === undefined) index++;
    else short = without;
  }
  return short;
}

export interface HistoriesOptions {
  readonly count: number;
  /** The first history has this number, the next one the next. */
  readonly seed: number;
  /** Whether the store keeps the records of its queue by itself; default true. */
  readonly records?: boolean;
  readonly onHistory?: (done: number) => void;
}

/** What is wrong with the histories, in words, with the numbers that bring it back. */
export async function runHistories({
  count,
  seed,
  records = true,
  onHistory,
}: HistoriesOptions): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let index = 0; index < count; index++) {
    const number = seed + index;
    const commands = commandsOf(number);
    const wrong = await wrongWith(number, commands, records);
    if (wrong !== undefined) {
      const short = await shrunk(number, commands, records);
      failures.push(`history ${number}: ${await wrongWith(number, short, records)}: ${JSON.stringify(short)}`);
    }
    onHistory?.(index + 1);
  }
  return failures;
}
