/** What a hub makes of what it is told between two of its own steps. */
import assert from 'node:assert/strict';
import { nullLog, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { type Channel, channelPair } from './channel.ts';
import { HubServer, type Succession } from './hub-server.ts';
import { type ClientMessage, HUB_VERSION, type HubMessage, hubMessage, type SessionInfo } from './message.ts';

const session: SessionInfo = { id: 's1', profile: 'Work', shared: true, joinable: true, since: 1 };

class Client {
  readonly heard: HubMessage[] = [];
  readonly channel: Channel;

  constructor(server: HubServer, id: string) {
    const [near, far] = channelPair();
    this.channel = near;
    server.accept(far);
    near.open({
      message: (value) => {
        const message = hubMessage(value);
        if (message !== undefined) this.heard.push(message);
      },
      drained: () => {},
      closed: () => {},
    });
    const process = { id, pid: 1, program: id };
    this.say({ type: 'hello', version: HUB_VERSION, process, sessions: [], topics: [], creating: false });
  }

  say(message: ClientMessage): void {
    this.channel.send(message);
  }

  types(): readonly string[] {
    return this.heard.map(({ type }) => type);
  }
}

function serverOf(succession: Succession = 'none') {
  const clock = new VirtualClock();
  const state = { isCurrent: true };
  const server = new HubServer({
    ...{ clock, log: nullLog, succession, expected: [] },
    mayLive: () => true,
    maySleep: async () => false,
    onEnded: () => {},
    onGone: () => {},
    isCurrent: async () => state.isCurrent,
  });
  return { clock, server, state };
}

test('who comes back and creates no session has the gate no longer, though his word of it was lost', async () => {
  const { clock, server } = serverOf();
  const first = new Client(server, 'a');
  first.say({ type: 'acquire', request: 1, wish: 'share' });
  await clock.advance(10);
  assert.deepEqual(first.types(), ['welcome', 'acquired']);
  first.channel.destroy();
  const again = new Client(server, 'a');
  again.say({ type: 'acquire', request: 2, wish: 'share' });
  await clock.advance(10);
  assert.deepEqual(again.types(), ['welcome', 'acquired']);
});

test('a shared logoff that comes when the hub cannot know whether it still is one is told when it knows', async () => {
  const { clock, server, state } = serverOf();
  const [a, b] = [new Client(server, 'a'), new Client(server, 'b')];
  for (const client of [a, b]) {
    client.say({ type: 'enter', request: 1, session, member: { id: 'm', messaging: true, since: 1 } });
  }
  await clock.advance(10);
  state.isCurrent = false;
  a.say({ type: 'end', request: 2, session: 's1', ending: 'e' });
  await clock.advance(200);
  assert.equal(b.types().includes('ending'), false);
  state.isCurrent = true;
  server.stillCurrent();
  await clock.advance(200);
  assert.equal(b.types().filter((type) => type === 'ending').length, 1);
  assert.deepEqual(a.heard.at(-1), { type: 'done', request: 2 });
});

test('a question that is given up before all could have come is asked of nobody', async () => {
  const { clock, server } = serverOf('dead');
  const [a, b] = [new Client(server, 'a'), new Client(server, 'b')];
  a.say({ type: 'ask', request: 1, question: 'given up?' });
  a.say({ type: 'ask', request: 2, question: 'kept?' });
  a.say({ type: 'cancel', request: 1 });
  await clock.advance(2000);
  const asked = b.heard.flatMap((message) => (message.type === 'asked' ? [message.question] : []));
  assert.deepEqual(asked, ['kept?']);
});

test('who begins to listen is woken once: what has changed meanwhile it may not have seen', async () => {
  const { clock, server } = serverOf();
  const a = new Client(server, 'a');
  a.say({ type: 'listen', topic: 't' });
  await clock.advance(10);
  assert.deepEqual(a.heard.at(-1), { type: 'wake', topics: ['t'] });
});
