import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { RefCounted } from './ref-counted.ts';

class Thing extends RefCounted {
  readonly iid = 'IMAPIProp' as never;
  closed = 0;

  protected override async onFinalRelease(): Promise<void> {
    await Promise.resolve();
    this.closed++;
  }
}

describe('RefCounted', () => {
  test('the last of all references closes, once', async () => {
    const thing = new Thing();
    assert.equal(thing.addRef(), thing);
    await thing.release();
    assert.deepEqual([thing.closed, thing.released], [0, false]);
    await Promise.all([thing.release(), thing.release(), thing[Symbol.asyncDispose]()]);
    assert.deepEqual([thing.closed, thing.released], [1, true]);
    assert.throws(
      () => thing.addRef(),
      (error) => MapiError.is(error, 'MAPI_E_INVALID_OBJECT'),
    );
  });

  test('PROP-075: nothing to tell about an error is no error', async () => {
    assert.equal(await new Thing().getLastError(0x80004005), undefined);
  });
});
