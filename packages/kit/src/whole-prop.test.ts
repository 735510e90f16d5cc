import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import {
  type InterfaceMap,
  type InterfaceName,
  MapiError,
  type OpenPropertyOptions,
  PR_BODY,
  PR_NORMALIZED_SUBJECT,
  PR_SUBJECT,
  type PropTag,
  prop,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { copyTo } from './copy-object.ts';
import { wholeProp } from './whole-prop.ts';

/** A message of a store that opens no stream on the subject, and counts the streams that it opens. */
class ShySubject extends MessageDouble {
  readonly opened: PropTag[] = [];

  override async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options?: OpenPropertyOptions,
  ): Promise<InterfaceMap[I]> {
    this.opened.push(tag);
    if (tag === PR_SUBJECT) throw new MapiError('MAPI_E_NO_SUPPORT', 'no stream on the subject');
    return super.openProperty(tag, iid, options);
  }
}

describe('properties of any size', () => {
  test('MSG-015: what getProps answers is not asked for as a stream, which a store may refuse', async () => {
    const message = new ShySubject([prop(PR_SUBJECT, 'Plan'), prop(PR_BODY, 'text')]);
    assert.equal(await wholeProp(message, PR_SUBJECT), 'Plan');
    assert.equal(await wholeProp(message, PR_NORMALIZED_SUBJECT), undefined);
    const copy = new MessageDouble([]);
    await copyTo(message, undefined, copy);
    assert.equal(await wholeProp(copy, PR_SUBJECT), 'Plan');
    assert.deepEqual(message.opened, []);
  });
});
