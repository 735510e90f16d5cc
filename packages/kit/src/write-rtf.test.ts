import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { MessageDouble } from '@nodemapi/conformance';
import {
  PR_BODY,
  PR_RTF_COMPRESSED,
  PR_RTF_IN_SYNC,
  PR_STORE_SUPPORT_MASK,
  prop,
  STORE_MODIFY_OK,
  STORE_RTF_OK,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { getProp } from './prop-access.ts';
import { writeRtf } from './write-rtf.ts';

const RTF = utf8Encode('{\\rtf1\\ansi Hello}');

test('RTF-009, STORE-076: into a store that knows RTF only the RTF is written', async () => {
  const message = new MessageDouble([prop(PR_STORE_SUPPORT_MASK, STORE_MODIFY_OK | STORE_RTF_OK)]);
  await writeRtf(message, RTF);
  assert.ok((await getProp(message, PR_RTF_COMPRESSED))?.length);
  assert.deepEqual((await message.getProps([PR_BODY, PR_RTF_IN_SYNC])).values, [undefined, undefined]);
});

test('RTF-009, STORE-076: for any other store the text is made, and said to be alike', async () => {
  for (const values of [[], [prop(PR_STORE_SUPPORT_MASK, STORE_MODIFY_OK)]]) {
    const message = new MessageDouble(values);
    await writeRtf(message, RTF);
    assert.deepEqual((await message.getProps([PR_BODY, PR_RTF_IN_SYNC])).values, ['Hello', true]);
  }
});
