import assert from 'node:assert/strict';
import { type MapiError, PR_COMMENT, PR_SERVICE_NAME, prop, type UserInterface } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { canceller, nobody, user } from './user.testing.ts';

/** A subsystem without profiles, and a user who says yes to everything; `asked` is what the pages say. */
async function withUser() {
  const made = new TestSubsystem();
  await made.subsystem.MAPIInitialize();
  const asked: string[] = [];
  const ui: UserInterface = user({
    confirm: async (question) => asked.push(question) > 0,
    prompt: async (question, options) => {
      asked.push(question);
      return options?.default ?? '';
    },
  });
  const { subsystem, library } = made;
  const servicesOf = async (name: string) => {
    await using admin = await subsystem.MAPIAdminProfiles();
    await using services = await admin.adminServices(name);
    return columnOf(await services.getMsgServiceTable(), PR_SERVICE_NAME);
  };
  return { subsystem, library, asked, ui, servicesOf };
}

const causeOf = (error: unknown): string | undefined => ((error as MapiError).cause as MapiError).code;

describe('LaunchWizard', () => {
  test('SVC-59: the pages are the welcome, the services and the name, without those that flags leave out', async () => {
    const pages = async (options: object, services: readonly string[] = ['STORE']) => {
      const { subsystem, ui, asked } = await withUser();
      await subsystem.LaunchWizard(ui, services, options);
      return asked;
    };
    const [setUp, use, name] = ['Set up a profile now?', 'Use the service Store service?', 'Name of the profile'];
    assert.deepEqual(await pages({}), [setUp, use, name]);
    assert.deepEqual(await pages({ firstProfile: true }), [
      'Set up the first profile of this computer now?',
      use,
      name,
    ]);
    assert.deepEqual(await pages({ launchedByConfig: true }), [use, name]);
    assert.deepEqual(await pages({ hideServicesList: true }), [setUp, name]);
    assert.deepEqual(await pages({ addServiceOnly: true }), [setUp, name]);
    assert.deepEqual(await pages({ addServiceOnly: true, providerUiOnly: true }), []);
    assert.equal((await pages({}, [])).length, 7); // five services are in the catalogue
  });

  test('SVC-59: whatever fails is MAPI_E_CALL_FAILED, and leaves no profile', async () => {
    const { subsystem, ui, library } = await withUser();
    const fails = async (one: Promise<unknown>): Promise<string | undefined> => {
      const error = await one.then(
        () => undefined,
        (caught: unknown) => caught,
      );
      assert.equal((error as MapiError).code, 'MAPI_E_CALL_FAILED');
      return causeOf(error);
    };
    assert.equal(
      await fails(subsystem.LaunchWizard(ui, ['STORE'], { providerUiOnly: true })),
      'MAPI_E_INVALID_PARAMETER',
    );
    assert.equal(await fails(subsystem.LaunchWizard(canceller(), ['STORE'])), 'MAPI_E_USER_CANCEL');
    assert.equal(await fails(subsystem.LaunchWizard(ui, ['NONE'])), 'MAPI_E_NOT_FOUND');
    library.behaviour.entry = () => {
      throw new RangeError('off');
    };
    assert.equal(await fails(subsystem.LaunchWizard(ui, ['STORE'])), 'MAPI_E_CALL_FAILED');
    await using admin = await subsystem.MAPIAdminProfiles();
    await using table = await admin.getProfileTable();
    assert.equal(await table.getRowCount(), 0);
  });

  test('SVC-60: with a default profile services are added without a page, and one that is there is left as it is', async () => {
    const { subsystem, ui, servicesOf, library } = await withUser();
    assert.equal(await subsystem.LaunchWizard(ui, ['STORE']), 'Default');
    library.calls.length = 0;
    const only = { addServiceOnly: true };
    assert.equal(await subsystem.LaunchWizard(nobody(), ['STORE'], only), 'Default');
    assert.deepEqual([await servicesOf('Default'), library.calls], [['STORE'], []]);
    assert.equal(await subsystem.LaunchWizard(nobody(), ['MAIL'], only), 'Default');
    assert.equal(
      await subsystem.LaunchWizard(nobody(), ['ARCHIVE', 'BOOK'], { ...only, hideServicesList: true }),
      'Default',
    );
    assert.deepEqual(await servicesOf('Default'), ['STORE', 'MAIL', 'ARCHIVE', 'BOOK']);
  });

  test('SVC-61: each service is created, its providers show their pages, and all they set is configured at once', async () => {
    const { subsystem, ui, library } = await withUser();
    const seen: unknown[] = [];
    library.behaviour.entry = ({ context, props }) => void seen.push([context, props]);
    Object.assign(library.module, {
      WizardEntry: async (call: {
        properties: { setProps(values: unknown): Promise<unknown> };
        ui?: UserInterface;
      }) => {
        seen.push(['wizard', call.ui === ui]);
        await call.properties.setProps([prop(PR_COMMENT, 'set by a page')]);
      },
    });
    await subsystem.LaunchWizard(ui, ['STORE', 'LATE']);
    assert.deepEqual(seen, [
      ['create', []],
      ['wizard', true],
      ['configure', [prop(PR_COMMENT, 'set by a page')]],
      ['wizard', true],
    ]);
  });

  test('SVC-61: a service without pages for the wizard shows its own sheet', async () => {
    const { subsystem, ui, library } = await withUser();
    const seen: unknown[] = [];
    library.behaviour.entry = (call) => void seen.push([call.context, call.uiAllowed, call.ui === ui]);
    await subsystem.LaunchWizard(ui, ['STORE']);
    await subsystem.LaunchWizard(nobody(), ['MAIL'], { addServiceOnly: true });
    assert.deepEqual(seen, [
      ['create', true, true],
      ['create', false, false],
    ]);
  });
});
