/** mapi session: sessions of the MAPI home in all processes, and ending them from outside. */
import { performance } from 'node:perf_hooks';
import {
  type EndedMember,
  type EndHomeOptions,
  fileTimeFromMs,
  fileTimeToIso,
  type HomeSession,
  type HomeSubsystem,
  type OutgoingPolicy,
  type PendingMember,
} from 'nodemapi';
import {
  type CommandOptions,
  type CommandSpec,
  EXIT_DONE,
  EXIT_INTERRUPTED,
  EXIT_PARTIAL,
  UsageError,
} from '../command.ts';
import type { Context } from '../context.ts';
import { endJson, endText } from '../end-text.ts';
import { memberJson, mergedEnd } from '../merged-end.ts';
import { countText, layOut, paint, printable } from '../terminal.ts';

/** How long members may take, unless --drain says otherwise. */
const secondsMax = 30;
/** Longer than that nobody drains. */
const drainSecondsMax = 86_400;
/** For the rest of an end, when its outgoing mail is dealt with. */
const restMs = 5000;
/** Longer than its deadline no end takes that can be waited for. */
const graceMs = 10_000;
/** Longer than that nobody waits. */
const timeoutSecondsMax = 86_400;
/** How often a reader of standard error is told the same again. */
const tellAgainMs = 10_000;

async function withHome<T>(context: Context, work: (subsystem: HomeSubsystem) => Promise<T>): Promise<T> {
  const subsystem = await context.subsystem();
  await subsystem.MAPIInitialize();
  try {
    return await work(subsystem);
  } finally {
    await subsystem.MAPIUninitialize();
  }
}

function since(session: HomeSession): string {
  return fileTimeToIso(fileTimeFromMs(session.since));
}

function listText(context: Context, sessions: readonly HomeSession[]): string {
  if (sessions.length === 0) return 'no sessions';
  const rows = sessions.flatMap((session) =>
    session.members.map((member, index) => [
      ...(index === 0
        ? [session.id, session.profile, session.shared ? 'shared' : 'private', since(session)]
        : ['', '', '', '']),
      String(member.pid),
      member.program,
      member.messaging ? 'yes' : 'no',
      member.openObjects === null ? 'no answer' : String(member.openObjects),
    ]),
  );
  return layOut(
    context.io.terminal,
    ['id', 'profile', 'kind', 'since', 'pid', 'program', 'mail', 'open objects'],
    rows,
  );
}

const list: CommandSpec = {
  usage: 'session list',
  summary: 'Show the sessions of this MAPI home, in all processes.',
  help: 'Shows every session with its members: the process, whether it sends and receives, and how many objects it has open.\nA process that does not answer, such as a stopped one, is shown without that number. With\n--profile those on that profile alone are shown.',
  isDefault: true,
  run: async (context) => {
    const { profile } = context;
    const home = await withHome(context, (subsystem) => subsystem.sharing.list());
    const all = home.filter((session) => profile === null || session.profile === profile);
    const sessions = all.map((session) => ({
      ...session,
      since: since(session),
      members: session.members.map(({ id: _id, ...member }) => member),
    }));
    context.print({ sessions }, () => listText(context, all));
    return EXIT_DONE;
  },
};

/** What the options say about outgoing mail. @throws UsageError */
function wishOf(options: CommandOptions): { readonly policy?: OutgoingPolicy; readonly deadlineMs?: number } {
  const given = (['drain', 'leave', 'abort'] as const).filter((name) => options[name] !== undefined);
  const [policy, second] = given;
  if (second !== undefined) throw new UsageError(`--${policy} and --${second} exclude each other`);
  if (policy === undefined) return {};
  if (policy !== 'drain' || options.drain === true) return { policy };
  const seconds = typeof options.drain === 'string' ? Number(options.drain) : Number.NaN;
  if (!/^\d{1,6}$/u.test(String(options.drain)) || seconds > drainSecondsMax)
    throw new UsageError(`--drain must be a number of seconds up to ${drainSecondsMax}, not "${options.drain}"`);
  return { policy, deadlineMs: seconds * 1000 + restMs };
}

function memberText(context: Context, { pid, program, silent, ended, report }: EndedMember): string {
  const name = `${printable(program)} (${pid})`;
  const { terminal } = context.io;
  if (!ended) {
    const why = silent
      ? 'does not answer: it is stopped, or busy, and is asked when it wakes'
      : 'has not ended; it was asked to';
    return `${paint(terminal, 'red', '✗')} ${name} ${why}`;
  }
  if (report === undefined) return `${paint(terminal, 'green', '✓')} ${name} has ended, without a report`;
  const mark = report.completed ? paint(terminal, 'green', '✓') : paint(terminal, 'yellow', '!');
  return `${mark} ${name}\n${endText(terminal, report)}`;
}

/** The longest wait for members. @throws UsageError */
function waitMsOf({ timeout }: CommandOptions, deadlineMs: number | undefined): number {
  if (timeout === undefined) return (deadlineMs ?? secondsMax * 1000) + graceMs;
  if (!/^[1-9]\d{0,5}$/u.test(String(timeout)) || Number(timeout) > timeoutSecondsMax) {
    throw new UsageError(`--timeout must be a number of seconds from 1 to ${timeoutSecondsMax}, not "${timeout}"`);
  }
  return Number(timeout) * 1000;
}

/** Says on standard error whom the end waits for: when that changes, and from time to time. */
function waitingNotes(context: Context): (members: readonly PendingMember[], leftMs: number) => void {
  let told = '';
  let toldAt = 0;
  return (members, leftMs) => {
    const nameOf = ({ program, pid, silent }: PendingMember): string =>
      `${printable(program)} (${pid}${silent ? ', no answer' : ''})`;
    const names = [...new Set(members.map(nameOf))].join(', ');
    const now = performance.now();
    if (names === told && now - toldAt < tellAgainMs) return;
    told = names;
    toldAt = now;
    context.note(`waiting for ${names}; giving up in ${Math.ceil(leftMs / 1000)} s`);
  };
}

function endOptions(context: Context, args: readonly unknown[], options: CommandOptions): EndHomeOptions {
  const wish = wishOf(options);
  const ids = Array.isArray(args[0]) ? args[0].filter((id) => typeof id === 'string') : [];
  const { profile } = context;
  return {
    ...wish,
    ...(options.fast === true ? { fast: true } : {}),
    ...(options.shared === true ? { shared: true } : {}),
    ...(profile === null ? {} : { profile }),
    ...(ids.length === 0 ? {} : { sessions: ids }),
    waitMs: waitMsOf(options, wish.deadlineMs),
    onWaiting: waitingNotes(context),
    signal: context.signal,
    onEnded: (member) => {
      if (member.ended) context.note(`ended: ${printable(member.program)} (${member.pid})`);
    },
  };
}

const end: CommandSpec = {
  usage: 'session end [ids...]',
  summary: 'Ask the members of sessions to log off.',
  help: 'Asks every member of the sessions of this MAPI home, in all processes, to log off, and waits until they have: all\nsessions, or those that are named by their id, by --profile or by --shared. Programs end in their own time; one that does\nnot listen stays, and is named, and so is one that does not answer, such as a stopped one, which is asked again when\nit wakes. While it waits it says for whom; it gives up after 40 seconds, or what --timeout says, or 15 seconds after\nthe time that --drain gives. An interrupt ends the waiting: who was asked logs off all the same.\n\nWithout --drain, --leave or --abort each program decides what becomes of its outgoing mail.\n\nExit codes: 0 all have ended; 3 some have not, or outgoing mail is left in a queue; 130 interrupted.\n\nExample: mapi session end --shared --drain=60',
  options: [
    { flags: '--shared', description: 'only sessions that are shared' },
    { flags: '--drain [seconds]', description: 'send what is in the outgoing queue first' },
    { flags: '--leave', description: 'leave outgoing mail for the next session' },
    { flags: '--abort', description: 'withdraw outgoing mail' },
    { flags: '--timeout <seconds>', description: 'give up waiting for members after this time' },
    { flags: '--fast', description: 'fast shutdown, where no provider stands against it' },
  ],
  run: async (context, args, options) => {
    const startMs = performance.now();
    const asked = endOptions(context, args, options);
    const members = await withHome(context, (subsystem) => subsystem.sharing.endFromOutside(asked));
    const merged = mergedEnd(members, asked.policy, performance.now() - startMs);
    context.print({ ...endJson(merged), members: members.map(memberJson) }, () => {
      if (members.length === 0) return 'no sessions to end';
      const count = members.filter(({ ended }) => ended).length;
      return [...members.map((member) => memberText(context, member)), `${countText(count, 'member')} ended`].join(
        '\n',
      );
    });
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    return merged.completed && merged.outgoing.left === 0 ? EXIT_DONE : EXIT_PARTIAL;
  },
};

export const SESSION_COMMANDS: readonly CommandSpec[] = [list, end];
