import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type JsonObject, TestHome } from './io.testing.ts';

let home: TestHome;
beforeAll(async () => {
  home = await TestHome.withProfile();
  await home.ok('service', 'add', 'smtp', 'host=127.0.0.1', 'port=1', 'from=ada@example.com');
});
afterAll(() => home[Symbol.asyncDispose]());

/** Interrupts a command that runs in this process. */
function interrupt(): void {
  process.emit('SIGINT');
}

/** After the line that is being printed. */
const interruptLater = async (): Promise<void> => interrupt();

async function later(): Promise<string> {
  const args = ['send', '--to', 'x@example.com', '--subject', 'later', '--at', '2099-01-01T00:00:00Z', '--no-wait'];
  const { value } = await home.json(...args);
  return String((value.messages as readonly JsonObject[])[0]?.entryId);
}

describe('mapi outbox --watch', () => {
  test('lines of JSON tell what comes, changes and goes, by the hand of others', async () => {
    const lines: JsonObject[] = [];
    let id = '';
    const steps: (() => Promise<unknown>)[] = [
      async () => {
        id = await later();
      },
      () => home.ok('outbox', 'hold', id),
      () => home.ok('outbox', 'cancel', id),
    ];
    let doing: Promise<unknown> = Promise.resolve();
    const onOut = (text: string): void => {
      const line = JSON.parse(text) as JsonObject;
      lines.push(line);
      if (line.event === 'counts') doing = doing.then(() => (steps.shift() ?? interruptLater)());
    };
    const { code, err } = await home.runWith({ onOut }, 'outbox', '--watch', '--json');
    assert.equal(code, 130, err);
    const told = lines.map(({ event, message, counts }) =>
      event === 'counts' ? counts : [event, (message as JsonObject).subject],
    );
    assert.deepEqual(told.slice(0, 2), [{}, ['queued', 'later']]);
    assert.ok(told.some((each) => JSON.stringify(each) === '{"held":1}'));
    assert.deepEqual(told.slice(-2), [['left', 'later'], {}]);
    assert.deepEqual(
      lines.filter(({ event }) => event === 'left').map(({ fate }) => fate),
      ['cancelled'],
    );
    assert.ok(lines.every(({ time }) => typeof time === 'string'));
  });

  test('a terminal is drawn over, never beyond its lines, and given back as it was', async () => {
    for (let count = 0; count < 4; count++) await later();
    const drawn: string[] = [];
    const write = (text: string): void => {
      drawn.push(text);
      if (text.includes('Outgoing queue')) interrupt();
    };
    const screen = { rows: 6, columns: 60, write, onResize: () => ({ [Symbol.dispose]: () => {} }) };
    const { code, out } = await home.runWith({ screen, columns: 60 }, 'outbox', '--watch');
    assert.deepEqual([code, out], [130, '']);
    assert.equal(drawn[0], '\u001b[?1049h\u001b[?25l');
    assert.equal(drawn.at(-1), '\u001b[?25h\u001b[?1049l');
    const lines = (drawn[1] ?? '').split('\n');
    assert.ok(lines.length <= 6, drawn[1]);
    assert.equal(lines.filter((line) => line.includes('later')).length, 2);
    assert.match(lines[0] ?? '', /4 /u);
  });

  test('a list has so many as are wanted, and says how many there are', async () => {
    const { value } = await home.json('outbox', '--limit', '2', '--offset', '1');
    assert.equal((value.queue as readonly unknown[]).length, 2);
    assert.equal(value.total, 4);
    const all = (await home.json('outbox')).value.queue as readonly JsonObject[];
    assert.deepEqual(
      (value.queue as readonly JsonObject[]).map(({ entryId }) => entryId),
      all.slice(1, 3).map(({ entryId }) => entryId),
    );
    const { err } = await home.run('outbox', '--limit', '1');
    assert.match(err, /1 of 4 messages/u);
  });
});
