import assert from 'node:assert/strict';
import {
  MapiError,
  PR_DISPLAY_NAME,
  PR_RESOURCE_METHODS,
  prop,
  STATUS_CHANGE_PASSWORD,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { getProp, setProp } from './prop-access.ts';
import { StatusObject } from './status-object.ts';

const code = (wanted: string) => (error: unknown) => MapiError.is(error) && error.code === wanted;

describe('StatusObject', () => {
  test('PR_RESOURCE_METHODS tells what there is; the rest is MAPI_E_NO_SUPPORT', async () => {
    const calls: unknown[] = [];
    const status = new StatusObject([prop(PR_DISPLAY_NAME, 'Spooler')], {
      validateState: async (_ui, options) => void calls.push(options),
      changePassword: async (from, to) => void calls.push(`${from} ${to}`),
    });
    assert.equal(await getProp(status, PR_RESOURCE_METHODS), STATUS_VALIDATE_STATE | STATUS_CHANGE_PASSWORD);
    await status.validateState(undefined, { suppressUi: true });
    await status.changePassword('a', 'b');
    assert.deepEqual(calls, [{ suppressUi: true }, 'a b']);
    await assert.rejects(status.flushQueues(), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(status.settingsDialog(), code('MAPI_E_NO_SUPPORT'));
  });

  test('it is for reading, and gone after its release', async () => {
    const status = new StatusObject([prop(PR_DISPLAY_NAME, 'Spooler')]);
    await assert.rejects(setProp(status, PR_DISPLAY_NAME, 'x'), code('MAPI_E_NO_ACCESS'));
    await status.release();
    await assert.rejects(getProp(status, PR_DISPLAY_NAME), code('MAPI_E_INVALID_OBJECT'));
  });
});
