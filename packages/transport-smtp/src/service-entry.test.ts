import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { MemoryProfSect, noSupport, PropBag, StandaloneSupport, snapshotTable, standaloneHost } from '@nodemapi/kit';
import {
  type IProviderAdmin,
  MAPI_TRANSPORT_PROVIDER,
  type MapiErrorCode,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  PR_SUBJECT,
  type PropValue,
  prop,
  type ServiceContext,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { ServiceEntry } from './service-entry.ts';
import {
  PR_SMTP_FROM_ADDRESS,
  PR_SMTP_HOST,
  PR_SMTP_PASSWORD,
  PR_SMTP_PORT,
  PR_SMTP_SECURITY,
  PR_SMTP_USER,
} from './smtp-properties.ts';

const HOST = prop(PR_SMTP_HOST, 'mail.test');
const FROM = prop(PR_SMTP_FROM_ADDRESS, 'me@mail.test');

async function configure(
  bag: PropBag,
  props: readonly PropValue[],
  context: ServiceContext = 'configure',
): Promise<void> {
  await using host = await standaloneHost();
  const support = new StandaloneSupport({ kind: 'configuration', host });
  const row = [prop(PR_PROVIDER_UID, new Uint8Array(16)), prop(PR_RESOURCE_TYPE, MAPI_TRANSPORT_PROVIDER)];
  const providerAdmin: Partial<IProviderAdmin> = {
    getProviderTable: async () => snapshotTable([row], [PR_PROVIDER_UID, PR_RESOURCE_TYPE]),
    openProfileSection: async () => new MemoryProfSect(bag, { writable: true }),
    createProvider: () => noSupport('createProvider'),
  };
  await ServiceEntry({
    host,
    support,
    context,
    uiAllowed: false,
    uiAlways: false,
    logonFailed: false,
    props,
    providerAdmin: providerAdmin as IProviderAdmin,
  });
}

const failsWith = (code: MapiErrorCode) => (error: unknown) => MapiError.is(error, code);

test('XP-010: configuring stores what can be used and refuses what cannot', async () => {
  const bag = new PropBag();
  await assert.rejects(configure(bag, []), failsWith('MAPI_E_UNCONFIGURED'));
  await assert.rejects(configure(bag, [HOST]), failsWith('MAPI_E_UNCONFIGURED'));
  await assert.rejects(configure(bag, [FROM]), failsWith('MAPI_E_UNCONFIGURED'));
  assert.equal(bag.get(PR_SMTP_HOST), undefined);
  await configure(bag, [HOST, FROM, prop(PR_SUBJECT, 'not ours')]);
  assert.equal(bag.get(PR_SMTP_HOST), 'mail.test');
  assert.equal(bag.get(PR_SUBJECT), undefined);
  await configure(bag, []);
  await configure(bag, [prop(PR_SMTP_PORT, 2525)]);
  assert.equal(bag.get(PR_SMTP_PORT), 2525);
});

test('values that make no sense are MAPI_E_INVALID_PARAMETER and leave the section as it was', async () => {
  const bag = new PropBag([HOST, FROM]);
  const bad: readonly PropValue[] = [
    prop(PR_SMTP_PORT, 70_000),
    prop(PR_SMTP_SECURITY, 'sometimes'),
    prop(PR_SMTP_FROM_ADDRESS, 'me'),
    prop(PR_SMTP_HOST, 'mail test'),
    { tag: PR_SMTP_PORT, value: 'many' },
  ];
  for (const value of bad) await assert.rejects(configure(bag, [value]), failsWith('MAPI_E_INVALID_PARAMETER'));
  await assert.rejects(configure(bag, [prop(PR_SMTP_USER, 'me')]), failsWith('MAPI_E_UNCONFIGURED'));
  assert.equal(bag.get(PR_SMTP_PORT), undefined);
  await configure(bag, [prop(PR_SMTP_USER, 'me'), prop(PR_SMTP_PASSWORD, 'secret')]);
  assert.equal(bag.get(PR_SMTP_PASSWORD), 'secret');
});

test('creating a service without values leaves it to be configured later, and says so', async () => {
  const bag = new PropBag();
  await assert.rejects(configure(bag, [], 'create'), failsWith('MAPI_E_UNCONFIGURED'));
  await configure(bag, [HOST, FROM], 'create');
  assert.equal(bag.get(PR_SMTP_HOST), 'mail.test');
});
