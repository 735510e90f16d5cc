// The suite of all transports over this one, and what is its own. Run it with vitest.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageDoubleTo, outcomesOf, type SupportUnderTest, submit, transportSuite } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { MAPI_TO, PR_BODY, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { PR_SMS_SENDER, PR_SMS_URL, XPProviderInit } from './sms-transport.ts';

/** A gateway that takes everything but what is sent to a number that says a status, such as `status-404`. */
async function gateway() {
  const taken: { readonly to: string; readonly text: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const sms = JSON.parse(body);
    const status = Number(/^status-(\d+)$/u.exec(sms.to)?.[1] ?? 200);
    if (status === 200) taken.push(sms);
    response.writeHead(status).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections());
  return { taken, url, [Symbol.asyncDispose]: close };
}

const underTest = (support: StandaloneSupport): SupportUnderTest => ({
  support,
  statusRow: () => [...support.statusRow],
  notices: () => support.notices,
  releasedByTransport: () => support.references === 1,
});

transportSuite(
  'sms',
  async () => {
    const host = await standaloneHost();
    const to = await gateway();
    const init = await XPProviderInit(host);
    const section = [prop(PR_SMS_URL, to.url), prop(PR_SMS_SENDER, '+491')];
    return {
      init,
      newSupport: async () => underTest(new StandaloneSupport({ kind: 'transport', host, section })),
      newUnconfigured: async () => underTest(new StandaloneSupport({ kind: 'transport', host })),
      answer: (question) => (question.startsWith('Address') ? to.url : '+491'),
      mine: { addrType: 'SMS', emailAddress: '+4930' },
      foreign: { addrType: 'SMTP', emailAddress: 'ada@example.test' },
      arrived: async () => to.taken.length,
      [Symbol.asyncDispose]: async () => {
        await init.provider.shutdown();
        await to[Symbol.asyncDispose]();
        await host[Symbol.asyncDispose]();
      },
    };
  },
  { sendOnly: 'text messages only go out' },
);

describe('the gateway', () => {
  test('what it says of a number is for good, what it says of us is not', async () => {
    await using host = await standaloneHost();
    await using to = await gateway();
    const { provider } = await XPProviderInit(host);
    const section = [prop(PR_SMS_URL, to.url), prop(PR_SMS_SENDER, '+491')];
    const support = new StandaloneSupport({ kind: 'transport', host, section });
    const { logon } = await provider.transportLogon(support, 'test', {});
    const numbers = ['+4930', 'status-404', 'status-401', 'status-500'];
    const message = await messageDoubleTo(
      numbers.map((number) => [number, MAPI_TO, 'SMS'] as const),
      [prop(PR_BODY, 'Hello')],
    );
    const expected = ['delivered', 'failed', 'deferred', 'deferred'];
    assert.deepEqual(outcomesOf(await submit(logon, message)), expected);
    assert.deepEqual(to.taken, [{ from: '+491', to: '+4930', text: 'Hello' }]);
    await to[Symbol.asyncDispose](); // nobody is there any more
    assert.deepEqual(outcomesOf(await submit(logon, message)), Array(4).fill('deferred'));
    await provider.shutdown();
  });
});
