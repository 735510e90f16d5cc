import { deepStrictEqual } from 'node:assert/strict';
import { type IMessage, type IMsgStore, PR_SUBJECT, prop, propOf } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { STORE_ID, World } from './world.testing.ts';

const OTHER_ID = new Uint8Array([0, 0, 0, 0, 9, 9, 9]);

async function subjects(world: World): Promise<readonly (string | undefined)[]> {
  return (await world.received('IPM.Note', [PR_SUBJECT])).map((row) => propOf(row, PR_SUBJECT));
}

describe('another default store', () => {
  test('SESS-43, SPOOL-010: what is being received lies in the former one, what comes next in the new one', async () => {
    const transport = new ScriptedTransport('smtp', { poll: true });
    const [here, there] = [await World.make({ transports: [transport] }), await World.make({ seed: 2 })];
    const { spooler, host } = await here.process();
    const other: IMsgStore = there.memory.openSpooler();
    await spooler.attachStore({ entryId: OTHER_ID, displayName: 'Other', store: other });
    let defaultStore: Uint8Array = STORE_ID;
    Object.assign(host, { defaultStore: () => defaultStore });
    await spooler.start();
    const mail = (subject: string) => async (message: IMessage) => {
      defaultStore = OTHER_ID; // while it is being received
      await message.setProps([prop(PR_SUBJECT, subject)]);
      await message.saveChanges();
    };
    transport.incoming.push(mail('first'), mail('second'));
    await here.pass(60_000);
    deepStrictEqual([await subjects(here), await subjects(there)], [['first'], ['second']]);
  });
});

describe('the start of a transport', () => {
  test('LOGON-87: its address types are asked for before traffic is enabled', async () => {
    const transport = new ScriptedTransport('smtp');
    await World.started({ transports: [transport] });
    deepStrictEqual(transport.calls.slice(0, 2), ['addressTypes', 'notify beginOutbound+beginInbound']);
  });
});
