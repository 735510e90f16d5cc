import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { MemoryProfSect, PropBag, StandaloneSupport, snapshotTable } from '@nodemapi/kit';
import {
  type IProviderAdmin,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  PR_SUBJECT,
  type PropValue,
  prop,
  type ServiceEntryCall,
  type UserInterface,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type TestAddressBook, withBook } from './address-book.testing.ts';
import { PR_BOOK_PATH } from './book-path.ts';
import { ServiceEntry } from './index.ts';

const UID = new Uint8Array(16).fill(3);

/** The two methods of a provider administration that a service entry may need. */
function adminOf(section: PropBag, resourceType = 35): IProviderAdmin {
  const rows = [[prop(PR_PROVIDER_UID, UID), prop(PR_RESOURCE_TYPE, resourceType)]];
  return {
    getProviderTable: () => snapshotTable(rows),
    openProfileSection: async (uid: Uint8Array) => {
      assert.deepEqual(uid, UID);
      return new MemoryProfSect(section);
    },
    // a service entry calls nothing else
  } as unknown as IProviderAdmin;
}

function call(book: TestAddressBook, section: PropBag, more: Partial<ServiceEntryCall>): ServiceEntryCall {
  return {
    host: book.host,
    support: new StandaloneSupport({ kind: 'configuration', host: book.host }),
    context: 'configure',
    uiAllowed: false,
    uiAlways: false,
    logonFailed: false,
    props: [],
    providerAdmin: adminOf(section),
    ...more,
  };
}

describe('the service entry', () => {
  test('puts path and name into the section of the provider', () =>
    withBook(async (book) => {
      const section = new PropBag();
      const props = [prop(PR_BOOK_PATH, 'people.db'), prop(PR_DISPLAY_NAME, 'People')];
      await ServiceEntry(call(book, section, { props }));
      assert.deepEqual([section.get(PR_BOOK_PATH), section.get(PR_DISPLAY_NAME)], ['people.db', 'People']);
    }));

  test('refuses what it does not know and what is empty, and sets nothing then', () =>
    withBook(async (book) => {
      const section = new PropBag();
      const bad: readonly (readonly PropValue[])[] = [[prop(PR_SUBJECT, 'x')], [prop(PR_BOOK_PATH, '')]];
      for (const one of bad) {
        const props = [prop(PR_DISPLAY_NAME, 'People'), ...one];
        await assert.rejects(ServiceEntry(call(book, section, { props })), (error) =>
          MapiError.is(error, 'MAPI_E_INVALID_PARAMETER'),
        );
      }
      assert.equal(section.size, 0);
    }));

  test('asks for the path if there is somebody to ask and it may', () =>
    withBook(async (book) => {
      const section = new PropBag();
      const ui: UserInterface = {
        confirm: async () => true,
        choose: async () => 0,
        prompt: async () => 'asked.db',
        progress: () => {},
      };
      await ServiceEntry(call(book, section, { context: 'configure', uiAllowed: true, ui }));
      assert.equal(section.size, 0);
      await ServiceEntry(call(book, section, { context: 'create', uiAllowed: true, ui }));
      assert.equal(section.get(PR_BOOK_PATH), 'asked.db');
    }));

  test('fails if the service has no address book provider', () =>
    withBook(async (book) => {
      const props = [prop(PR_BOOK_PATH, 'people.db')];
      const providerAdmin = adminOf(new PropBag(), 33);
      await assert.rejects(ServiceEntry(call(book, new PropBag(), { props, providerAdmin })), (error) =>
        MapiError.is(error, 'MAPI_E_NOT_FOUND'),
      );
    }));

  test('has nothing to do for the other contexts', () =>
    withBook(async (book) => {
      const section = new PropBag();
      for (const context of ['install', 'delete', 'uninstall'] as const) {
        await ServiceEntry(call(book, section, { context }));
      }
      assert.equal(section.size, 0);
    }));
});
