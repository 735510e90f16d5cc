/** Members of a shared session in processes that can be killed and stopped, on a clock of the test. */
import assert from 'node:assert/strict';
import { nullLog, seededRandom, VirtualClock } from '@nodemapi/base';
import { HomeHub } from './home-hub.ts';
import type { SessionInfo } from './message.ts';
import { type Delays, MortalNet, MortalNode } from './mortal.testing.ts';

/** The session that members are in. */
export const session: SessionInfo = { id: 's1', profile: 'Work', shared: true, joinable: true, since: 1 };

/** What all listen to. */
export const topic = 'a topic';

/** A process with one member in the session, and what it has heard. */
export class Member {
  readonly node: MortalNode;
  readonly hub: HomeHub;
  readonly name: string;
  readonly left: string[] = [];
  ended = 0;
  /** How often it was woken for a topic that all listen to. */
  woken = 0;
  isMember: boolean;
  session = session;

  constructor(net: MortalNet, number: number, enters = true) {
    this.isMember = enters;
    this.name = `m${number}`;
    this.node = new MortalNode(net, number);
    this.hub = new HomeHub({
      endpoint: this.node,
      clock: this.node.clock,
      log: nullLog,
      random: seededRandom(number),
      process: { pid: number, program: this.name },
      mayLive: net.mayLive,
    });
    this.hub.memberLeft.subscribe(({ member }) => void this.left.push(member));
    this.hub.ended.subscribe(() => {
      this.ended++;
    });
    if (enters) this.enter();
  }

  enter(joined = session): void {
    this.session = joined;
    void this.hub.enter(joined, { id: this.name, messaging: true, since: 1 });
  }

  /** Logs on as a program does, which takes a while; makes a session where there is none to join. */
  async logon(clock: VirtualClock, tookMs: number): Promise<void> {
    const acquired = await this.hub.acquire('share');
    await clock.delay(tookMs);
    if (this.node.isDead) return;
    const made = { ...session, id: `by ${this.name}`, since: Math.floor(clock.nowMs()) };
    this.node.run(() => {
      this.enter(acquired.outcome === 'join' ? acquired.session : made);
      this.isMember = true;
      this.hub.settle(acquired);
    });
  }

  listen(): void {
    this.hub.wakeUps.listen(topic, () => {
      this.woken++;
    });
  }

  leave(): void {
    this.isMember = false;
    this.hub.leave(this.session.id, this.name);
  }
}

/** Members of one session, the first of them the hub. */
export async function world(count: number, delays?: Delays) {
  const clock = new VirtualClock();
  const net = new MortalNet(clock, delays);
  const members: Member[] = [];
  for (let number = 1; number <= count; number++) {
    members.push(new Member(net, number));
    await clock.advance(20);
  }
  const [first, second, third, ...others] = members;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  return { clock, net, members, first, second, third, others };
}
