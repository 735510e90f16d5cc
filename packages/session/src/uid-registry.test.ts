import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { type IABLogon, makeEntryId } from '@nodemapi/mapi';
import { test } from 'vitest';
import type { ProviderSlot } from './provider-slot.ts';
import { UidRegistry } from './uid-registry.ts';

const UID = utf8Encode('a uid of 16 byte');
const ENTRY = makeEntryId(UID, utf8Encode('entry'));
const anyone = (): boolean => true;

function slot(name: string, loggedOn = true): ProviderSlot {
  const ref = { kind: 'addressBook', uid: name, service: undefined, module: 'test', displayName: name } as const;
  const logon = loggedOn ? ({ iid: 'IABLogon' } as IABLogon) : undefined;
  return { ref, owner: undefined, support: undefined as never, logon, closing: false };
}

test('SESS-10: of several logons with one MAPIUID the first is asked, and the next when that one has gone', () => {
  const registry = new UidRegistry();
  const [early, first, second] = [slot('early', false), slot('first'), slot('second')];
  for (const one of [early, first, second]) registry.add(UID, one);
  assert.equal(registry.find(ENTRY, anyone), first); // the early one is not logged on yet
  early.logon = first.logon;
  assert.equal(registry.find(ENTRY, anyone), early);
  registry.remove(early);
  registry.remove(first);
  assert.equal(registry.find(ENTRY, anyone), second);
  registry.remove(second);
  assert.equal(registry.find(ENTRY, anyone), undefined);
});

test('SESS-10: one that is not the caller’s is passed over', () => {
  const registry = new UidRegistry();
  const [others, own] = [slot('others'), slot('own')];
  for (const one of [others, own]) registry.add(UID, one);
  assert.equal(
    registry.find(ENTRY, (one) => one !== others),
    own,
  );
});
