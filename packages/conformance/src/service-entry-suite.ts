/** What the entry point of every message service must do. spec: msgserviceentry, supporting-message-service-configuration */
import { strict as assert } from 'node:assert';
import {
  type IMAPISupport,
  type IProviderAdmin,
  MapiError,
  type MapiErrorCode,
  type MsgServiceEntry,
  type PropValue,
  type ProviderHost,
  propById,
  propId,
  type ServiceContext,
  type ServiceEntryCall,
  type UserInterface,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { type RuleSkips, type RuleTest, ruleTests } from './rule-test.ts';

/** A service that has just been put into a profile, and whose entry point has not been called. */
export interface ServiceUnderTest {
  readonly entry: MsgServiceEntry;
  readonly host: ProviderHost;
  /** Valid during one call. */
  newSupport(): Promise<IMAPISupport>;
  /** The service's one provider, whose section `section` shows. */
  readonly providerAdmin: IProviderAdmin;
  section(): readonly PropValue[];
  close(): Promise<void>;
}

export interface ServiceEntrySuiteOptions {
  /** A whole configuration; empty if the service has nothing that is worth setting. */
  readonly whole: readonly PropValue[];
  /** Whether the service cannot be used without a configuration. */
  readonly needsConfiguration: boolean;
  /** What a user answers to each question, so that the configuration is whole. */
  answer(question: string): string;
  readonly skips?: RuleSkips;
}

const DOCUMENTED: readonly MapiErrorCode[] = ['MAPI_E_UNCONFIGURED', 'MAPI_E_USER_CANCEL', 'MAPI_E_NO_SUPPORT'];

/** Registers the tests of a service entry point; `open` gives each of them a service of its own. */
export function serviceEntrySuite(
  name: string,
  open: () => Promise<ServiceUnderTest>,
  options: ServiceEntrySuiteOptions,
): void {
  const rule = ruleTests(open, options.skips);
  describe(`service entry point of ${name}`, () => {
    contextRules(rule, options);
    sheetRules(rule, options);
  });
}

function contextRules(rule: RuleTest<ServiceUnderTest>, options: ServiceEntrySuiteOptions): void {
  rule('SVC-23: a service that is created without a user is left to be configured if it has to be', async (t) => {
    const created = call(t, 'create');
    if (options.needsConfiguration) await failsWith(['MAPI_E_UNCONFIGURED'], created);
    else await created;
  });
  rule('SVC-24: installation and deletion succeed, and so does the end of a service that nobody keeps', async (t) => {
    for (const context of ['install', 'delete', 'uninstall'] as const) await call(t, context);
    assert.deepEqual(t.section(), []);
  });
  rule('SVC-25: further providers are added and removed, or not supported', async (t) => {
    for (const context of ['providerCreate', 'providerDelete'] as const) {
      await call(t, context).catch((error: unknown) => assert.ok(MapiError.is(error, 'MAPI_E_NO_SUPPORT')));
    }
  });
  rule('SVC-26: whatever the context, it succeeds or fails with a code that is documented', async (t) => {
    const contexts: readonly ServiceContext[] = [
      ...(['install', 'create', 'configure', 'providerCreate', 'providerDelete', 'delete', 'uninstall'] as const),
    ];
    for (const context of contexts) {
      for (const flags of [{}, { uiAllowed: true, ui: canceller() }, { uiAlways: true, ui: canceller() }]) {
        await call(t, context, flags).catch((error: unknown) => {
          assert.ok(MapiError.is(error) && DOCUMENTED.includes(error.code), String(error));
        });
      }
    }
  });
  rule('SVC-30, SVC-58: a whole configuration is taken without a user, into the section of the provider', async (t) => {
    await call(t, 'configure', { props: options.whole, ui: canceller() });
    assertHas(t, options.whole);
    await call(t, 'configure');
    assertHas(t, options.whole);
  });
}

function sheetRules(rule: RuleTest<ServiceUnderTest>, options: ServiceEntrySuiteOptions): void {
  rule('SVC-20, SVC-23: a new service shows its sheet, and what the user says is its configuration', async (t) => {
    for (const flags of [{ uiAllowed: true }, { uiAlways: true }]) {
      const { ui, asked } = listener(options.answer);
      await call(t, 'create', { ...flags, ui });
      assert.ok(asked.length > 0);
      await call(t, 'configure');
    }
    assert.ok(t.section().length > 0);
  });
  rule('SVC-20: a configured one shows it only where it must, and never to be changed where it may not', async (t) => {
    await call(t, 'configure', { props: options.whole });
    const { ui, asked } = listener(options.answer);
    await call(t, 'configure', { uiAllowed: true, ui });
    await call(t, 'configure', { uiAlways: true, uiReadOnly: true, ui });
    assert.deepEqual(asked, []);
    assertHas(t, options.whole);
    await call(t, 'configure', { uiAlways: true, ui });
    assert.ok(asked.length > 0);
  });
  rule('SVC-26: a user who cancels has cancelled, and nothing is stored', async (t) => {
    const cancelled = call(t, 'configure', { uiAlways: true, ui: canceller() });
    await failsWith(['MAPI_E_USER_CANCEL'], cancelled);
    assert.deepEqual(t.section(), []);
  });
}

async function call(t: ServiceUnderTest, context: ServiceContext, more: Partial<ServiceEntryCall> = {}): Promise<void> {
  await using support = await t.newSupport();
  const flags = { uiAllowed: false, uiAlways: false, logonFailed: false, props: [] };
  await t.entry({ host: t.host, support, providerAdmin: t.providerAdmin, context, ...flags, ...more });
}

function assertHas(t: ServiceUnderTest, values: readonly PropValue[]): void {
  for (const value of values) assert.deepEqual(propById(t.section(), propId(value.tag)), value);
}

async function failsWith(codes: readonly MapiErrorCode[], action: Promise<unknown>): Promise<void> {
  await assert.rejects(action, (error) => MapiError.is(error) && codes.includes(error.code));
}

function listener(answer: (question: string) => string): { readonly ui: UserInterface; readonly asked: string[] } {
  const asked: string[] = [];
  const prompt = async (question: string): Promise<string> => {
    asked.push(question);
    return answer(question);
  };
  return { asked, ui: { prompt, confirm: async () => true, choose: async () => 0, progress: () => {} } };
}

/** A user who cancels every question, and means it. */
function canceller(): UserInterface {
  const cancel = async (): Promise<never> => {
    throw new MapiError('MAPI_E_USER_CANCEL', 'cancelled');
  };
  return { prompt: cancel, choose: cancel, confirm: async () => true, progress: () => {} };
}
