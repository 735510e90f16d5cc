import assert from 'node:assert/strict';
import { toHex } from '@nodemapi/base';
import {
  type IProviderAdmin,
  MAPI_STORE_PROVIDER,
  MAPI_TRANSPORT_PROVIDER,
  MapiError,
  type MapiErrorCode,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  PR_SUBJECT,
  type PropValue,
  PT_LONG,
  prop,
  propId,
  propOf,
  type ServiceContext,
  type ServiceEntryCall,
  tag,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { noSupport } from './no-support.ts';
import { PropBag } from './prop-bag.ts';
import { configureSection, openServiceSection, sectionValuesOf, storeInSections } from './service-section.ts';
import { standaloneHost } from './standalone-host.ts';
import { MemoryProfSect, StandaloneSupport } from './standalone-support.ts';
import { snapshotTable } from './table-data.ts';

const STORE = Uint8Array.from({ length: 16 }, () => 1);
const TRANSPORT = Uint8Array.from({ length: 16 }, () => 2);
const TAGS = [PR_DISPLAY_NAME, PR_COMMENT];

/** A service of a store and a transport, and its sections by provider. */
async function withService(
  props: readonly PropValue[],
  run: (call: ServiceEntryCall, sections: ReadonlyMap<string, PropBag>) => Promise<void>,
  context: ServiceContext = 'configure',
): Promise<void> {
  await using host = await standaloneHost();
  await using support = new StandaloneSupport({ kind: 'configuration', host });
  const sections = new Map([STORE, TRANSPORT].map((uid) => [toHex(uid), new PropBag()]));
  const rows = [
    [prop(PR_PROVIDER_UID, STORE), prop(PR_RESOURCE_TYPE, MAPI_STORE_PROVIDER)],
    [prop(PR_PROVIDER_UID, TRANSPORT), prop(PR_RESOURCE_TYPE, MAPI_TRANSPORT_PROVIDER)],
  ];
  const providerAdmin: Partial<IProviderAdmin> = {
    getProviderTable: async () => snapshotTable(rows, [PR_PROVIDER_UID, PR_RESOURCE_TYPE]),
    openProfileSection: async (uid) =>
      new MemoryProfSect(sections.get(toHex(uid ?? STORE)) ?? noSupport('another section'), { writable: true }),
  };
  const call = { host, support, context, uiAllowed: false, uiAlways: false, logonFailed: false, props };
  await run({ ...call, providerAdmin: providerAdmin as IProviderAdmin }, sections);
}

const failsWith = (code: MapiErrorCode) => (error: unknown) => MapiError.is(error, code);

test('the section that is opened is that of the provider of the kind', () =>
  withService([], async (call, sections) => {
    await using section = await openServiceSection(call, MAPI_TRANSPORT_PROVIDER);
    await section.setProps([prop(PR_DISPLAY_NAME, 'mail')]);
    assert.equal(sections.get(toHex(TRANSPORT))?.get(PR_DISPLAY_NAME), 'mail');
    assert.equal(sections.get(toHex(STORE))?.get(PR_DISPLAY_NAME), undefined);
    await assert.rejects(openServiceSection(call, 999), failsWith('MAPI_E_NOT_FOUND'));
  }));

test('what a section does not know is left out, and what it knows by another type is refused', () => {
  const name = prop(PR_DISPLAY_NAME, 'Ann');
  assert.deepEqual(sectionValuesOf([prop(PR_SUBJECT, 'x'), name], TAGS), [name]);
  const number = prop(tag(propId(PR_DISPLAY_NAME), PT_LONG), 1);
  assert.throws(() => sectionValuesOf([number], TAGS), failsWith('MAPI_E_INVALID_PARAMETER'));
  assert.throws(() => sectionValuesOf([{ tag: PR_COMMENT, value: 1 }], TAGS), failsWith('MAPI_E_INVALID_PARAMETER'));
});

test('a configuration is checked as a whole, and stored only if it can be used', async () => {
  const bag = new PropBag([prop(PR_DISPLAY_NAME, 'Ann')]);
  const section = new MemoryProfSect(bag, { writable: true });
  const check = (values: readonly PropValue[]): void => {
    if (propOf(values, PR_COMMENT) === propOf(values, PR_DISPLAY_NAME)) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'twice the same');
    }
  };
  await configureSection(section, [], TAGS, check);
  const same = configureSection(section, [prop(PR_COMMENT, 'Ann')], TAGS, check);
  await assert.rejects(same, failsWith('MAPI_E_INVALID_PARAMETER'));
  assert.equal(bag.get(PR_COMMENT), undefined);
  await configureSection(section, [prop(PR_COMMENT, 'Ann'), prop(PR_DISPLAY_NAME, 'Bob')], TAGS, check);
  assert.deepEqual([bag.get(PR_COMMENT), bag.get(PR_DISPLAY_NAME)], ['Ann', 'Bob']);
});

const SETTINGS = TAGS.map((tag) => ({ tag, question: 'Which?' }));

test('settings go into the section of each provider when the service is created or configured', async () => {
  const props = [prop(PR_DISPLAY_NAME, 'Ann'), prop(PR_SUBJECT, 'not ours')];
  const stored = async (context: ServiceContext): Promise<readonly unknown[]> => {
    const values: unknown[] = [];
    const run = async (call: ServiceEntryCall, sections: ReadonlyMap<string, PropBag>): Promise<void> => {
      await storeInSections(call, SETTINGS);
      for (const bag of sections.values()) values.push(bag.get(PR_DISPLAY_NAME), bag.get(PR_SUBJECT));
    };
    await withService(props, run, context);
    return values;
  };
  assert.deepEqual(await stored('create'), ['Ann', undefined, 'Ann', undefined]);
  assert.deepEqual(await stored('configure'), ['Ann', undefined, 'Ann', undefined]);
  assert.deepEqual(await stored('delete'), [undefined, undefined, undefined, undefined]);
});
