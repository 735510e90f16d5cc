/**
 * A model of sessions and their ends: random histories of several members, with providers that fail and processes that
 * die, beside a few lines that say what must be true. fast-check prints the seed and the path of a history that fails.
 */
import assert from 'node:assert/strict';
import {
  fnevCriticalError,
  type IMAPISession,
  MapiError,
  type OutgoingPolicy,
  type StoreLogoffMode,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { test } from 'vitest';
import { endSession, sessionBehind } from './end-session.ts';
import { MemoryFiles } from './memory-files.testing.ts';
import { LIFE } from './session-life.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const PROVIDERS = ['IXPProvider', 'IABProvider', 'IMSProvider'];
const LOGONS = [
  ['IMSProvider.logon', 'IMSLogon.logoff'],
  ['IABProvider.logon', 'IABLogon.logoff'],
  ['IXPProvider.transportLogon', 'IXPLogon.transportLogoff'],
] as const;
/** So many members who have ended stay in a history, and are called on. */
const overMax = 2;
const OVER = { code: 'MAPI_E_INVALID_OBJECT' };

/** One step of a history; `who` counts round the members there are. */
type Step =
  | { readonly do: 'logon'; readonly how: 'private' | 'shared' | 'join' }
  | { readonly do: 'open' | 'advise' | 'release' | 'allAtOnce'; readonly who: number }
  | { readonly do: 'end'; readonly who: number; readonly policy: OutgoingPolicy }
  | { readonly do: 'logoff'; readonly who: number; readonly shared: boolean }
  | { readonly do: 'storeLogoff'; readonly who: number; readonly mode: StoreLogoffMode }
  | {
      readonly do: 'fail';
      readonly what: 'bookLogoff' | 'storeLogoff' | 'transportLogoff' | 'storeShutdown' | 'nothing';
    }
  | { readonly do: 'fastShutdown'; readonly who: number; readonly refused: boolean }
  | { readonly do: 'crash' }
  | { readonly do: 'uninitialize' };

const who = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({ do: fc.constant('logon'), how: fc.constantFrom('private', 'shared', 'shared', 'join') }),
  },
  { weight: 16, arbitrary: fc.record({ do: fc.constantFrom('open', 'advise'), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('release', 'allAtOnce'), who }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('end'),
      who,
      policy: fc.constantFrom('drain', 'leave', 'abort'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('logoff'), who, shared: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('storeLogoff'),
      who,
      mode: fc.constantFrom('noWait', 'orderly', 'purge', 'abort', 'quiet'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fail'),
      what: fc.constantFrom('bookLogoff', 'storeLogoff', 'transportLogoff', 'storeShutdown', 'nothing'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fastShutdown'), who, refused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'uninitialize') }) },
) as fc.Arbitrary<Step>;

/** A member as the model knows it. */
interface Member {
  readonly session: IMAPISession;
  /** The session it belongs to. */
  readonly group: { readonly shared: boolean; wasAsked: boolean };
  isOn: boolean;
  /** It had no sink when it was asked to log off, and hears it with its first one. */
  isToHear: boolean;
  /** Critical errors that it must have heard, and has. */
  expected: number;
  heard: number;
  listens: boolean;
}

class World {
  readonly #files = new MemoryFiles();
  #made: TestSubsystem;
  #pid = 1;
  #members: Member[] = [];

  private constructor(made: TestSubsystem) {
    this.#made = made;
  }

  static async begin(): Promise<World> {
    const world = new World(new TestSubsystem());
    world.#made = world.#process();
    await world.#made.subsystem.MAPIInitialize();
    await using admin = await world.#made.subsystem.MAPIAdminProfiles();
    await admin.createProfile('Work', { defaultServices: true });
    return world;
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'logon') await this.#logon(step.how);
    else if (step.do === 'fail') this.#fail(step.what);
    else if (step.do === 'crash') await this.#crash();
    else if (step.do === 'uninitialize') await this.#uninitialize();
    else {
      const member = this.#members[step.who % Math.max(1, this.#members.length)];
      if (member !== undefined) await this.#act(step, member);
    }
    await this.#check();
    const over = this.#members.filter(({ isOn }) => !isOn);
    this.#members = this.#members.filter((member) => member.isOn || over.indexOf(member) >= over.length - overMax);
  }

  /** Whoever is on ends, and nothing is left. */
  async finish(): Promise<void> {
    this.#made.library.behaviour = {};
    for (const { session } of this.#members) await endSession(session, { uninitialize: false, policy: 'leave' });
    const { calls, open } = this.#made.library;
    assert.equal(open, 0, 'objects of providers are left');
    const count = (call: string): number => calls.filter((one) => one === call).length;
    for (const kind of PROVIDERS) {
      const made = count(kind.replace(/^I/, '').replace(/$/, 'Init'));
      assert.deepEqual([count(`${kind}.shutdown`), count(`${kind}.release`)], [made, made], kind);
    }
    for (const [logon, logoff] of LOGONS) {
      assert.equal(
        count(logoff),
        count(logon) + (logoff === 'IMSLogon.logoff' ? count('IMSProvider.spoolerLogon') : 0),
      );
    }
    assert.equal(this.#made.subsystem.leaks().leaks.length, 0);
    await this.#made.subsystem.MAPIUninitialize();
  }

  #process(): TestSubsystem {
    const pid = this.#pid;
    return new TestSubsystem({
      files: this.#files,
      processes: { pid, fateOf: (other) => (other === pid ? 'alive' : 'gone') },
    });
  }

  async #logon(how: 'private' | 'shared' | 'join'): Promise<void> {
    const { subsystem } = this.#made;
    const joinable = this.#members.find(({ isOn, group }) => isOn && group.shared && !group.wasAsked)?.group;
    const logon =
      how === 'join'
        ? subsystem.MAPILogonEx(null, null, null)
        : subsystem.MAPILogonEx(null, 'Work', null, how === 'private' ? { newSession: true } : { allowOthers: true });
    if (how === 'join' && joinable === undefined) {
      await assert.rejects(logon, { code: 'MAPI_E_LOGON_FAILED' });
      return;
    }
    const group =
      how === 'private' ? { shared: false, wasAsked: false } : (joinable ?? { shared: true, wasAsked: false });
    const fresh = { isOn: true, isToHear: false, expected: 0, heard: 0, listens: false };
    this.#members.push({ session: await logon, group, ...fresh });
  }

  async #act(step: Extract<Step, { readonly who: number }>, member: Member): Promise<void> {
    const { session } = member;
    const wasOn = member.isOn;
    if (step.do === 'fastShutdown') return this.#fastShutdown(member, step.refused);
    if (step.do === 'open' || step.do === 'storeLogoff') {
      const opened = openStore(session);
      if (!wasOn) return assert.rejects(opened, OVER);
      const store = await opened;
      if (step.do === 'storeLogoff') assert.equal((await store.storeLogoff(step.mode)).complete, true);
      return;
    }
    if (step.do === 'advise') {
      const onNotify = (all: readonly { readonly kind: string }[]): void => {
        member.heard += all.filter(({ kind }) => kind === 'criticalError').length;
      };
      const advised = session.advise(null, fnevCriticalError, { onNotify });
      if (!wasOn) return void (await assert.rejects(advised, OVER));
      if (member.listens) await (await advised)[Symbol.asyncDispose]();
      else await advised;
      member.listens = true;
      if (member.isToHear) member.expected++;
      member.isToHear = false;
      return;
    }
    member.isOn = false;
    if (step.do === 'release') await session.release();
    else if (step.do === 'logoff') await this.#logoff(member, wasOn, step.shared);
    else if (step.do === 'end') await this.#end(member, step.policy);
    else {
      const logoff = session.logoff().catch((error: unknown) => assert.ok(MapiError.is(error, OVER.code as never)));
      await Promise.all([this.#end(member, 'leave'), logoff, session.release(), this.#end(member, 'drain')]);
    }
  }

  async #logoff(member: Member, wasOn: boolean, shared: boolean): Promise<void> {
    const logoff = member.session.logoff(undefined, { shared });
    if (!wasOn) return assert.rejects(logoff, OVER);
    await logoff;
    if (!shared || !member.group.shared) return;
    member.group.wasAsked = true;
    for (const other of this.#members) {
      if (!other.isOn || other.group !== member.group) continue;
      if (other.listens) other.expected++;
      else other.isToHear = true;
    }
  }

  async #end(member: Member, policy: OutgoingPolicy): Promise<void> {
    const report = await endSession(member.session, { policy, uninitialize: false });
    assert.equal(report, await endSession(member.session));
    assert.equal(report.steps.length, 9);
    assert.equal(report.deadlineExceeded, false);
  }

  #fail(what: Extract<Step, { readonly do: 'fail' }>['what']): void {
    const fails = (): never => {
      throw new MapiError('MAPI_E_CALL_FAILED', 'the provider does not want to');
    };
    this.#made.library.behaviour = what === 'nothing' ? {} : { [what]: fails };
  }

  /** Every member of the process ends with it, and MAPI is over there; unless a provider objects, and nothing happens. */
  async #fastShutdown({ session, isOn }: Member, refused: boolean): Promise<void> {
    const { library, subsystem } = this.#made;
    if (!isOn) return assert.rejects(session.doFastShutdown(), OVER);
    const { behaviour } = library;
    if (refused) {
      const refuses = (): never => {
        throw new MapiError('MAPI_E_NO_SUPPORT', 'not now');
      };
      // with no provider at all there is nobody who could refuse
      library.behaviour = { fastShutdown: refuses };
      await (await session.openAddressBook()).object.release();
      await assert.rejects(session.doFastShutdown(), { code: 'MAPI_E_NO_SUPPORT' });
      library.behaviour = behaviour;
      return;
    }
    library.behaviour = {};
    await session.doFastShutdown();
    for (const { session: each, isOn: wasOn } of this.#members) {
      const { life } = sessionBehind(each);
      assert.equal(life.state === 'shutDown', wasOn || life.path.includes('shutDown'));
      await assert.rejects(each.getMsgStoresTable(), OVER);
      await each.release();
    }
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.ok(!library.calls.slice(-3).some((call) => /logoff|\.shutdown/iu.test(call)));
    await this.#crash(); // the process exits, and the next one comes up
  }

  /** The process dies in the midst of it; another comes up on the same home. */
  async #crash(): Promise<void> {
    this.#pid++;
    this.#members = [];
    this.#made = this.#process();
    await this.#made.subsystem.MAPIInitialize();
  }

  /** The last MAPIUninitialize ends everybody. */
  async #uninitialize(): Promise<void> {
    await this.#made.subsystem.MAPIUninitialize();
    for (const member of this.#members) member.isOn = false;
    await this.#made.subsystem.MAPIInitialize();
  }

  async #check(): Promise<void> {
    await this.#made.subsystem.HrDispatchNotifications();
    for (const { session, isOn, expected, heard } of this.#members) {
      const { life } = sessionBehind(session);
      assert.equal(life.isOver, !isOn, `it is ${life.state}`);
      for (const [index, state] of life.path.entries()) {
        const next = life.path[index + 1];
        assert.ok(next === undefined || Object.values(LIFE[state]).includes(next));
      }
      if (isOn) await (await session.getMsgStoresTable()).release();
      else await assert.rejects(session.getMsgStoresTable(), OVER);
      if (isOn) assert.equal(heard, expected, 'critical errors');
    }
  }
}

/** Histories; each may take a second on a busy machine. `npm run session-model` runs many. */
const runs = Number(process.env.MODEL_RUNS ?? 40);
const seed = Number(process.env.MODEL_SEED ?? 14);
/** One history of them, as a failure names it. */
const path = process.env.MODEL_PATH;

test('random histories of members, failures and crashes keep to the model', {
  timeout: 300_000 + 1000 * runs,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const world = await World.begin();
      for (const one of steps) await world.run(one);
      await world.finish();
    }),
    { seed, numRuns: runs, ...(path === undefined ? {} : { path }) },
  );
});
