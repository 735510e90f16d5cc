import assert from 'node:assert/strict';
import { memoryLog, nullLog } from '@nodemapi/base';
import { test } from 'vitest';
import { BufferPool, bufferBytesMax } from './buffer-pool.ts';

test('MEM-1, MEM-2: blocks are chained to a root and freed with it', () => {
  const pool = new BufferPool(nullLog);
  const root = pool.allocateBuffer(8);
  const more = pool.allocateMore(4, root);
  assert.deepEqual([root, more], [new Uint8Array(8), new Uint8Array(4)]);
  assert.equal(pool.open, 1);
  pool.freeBuffer(more); // only its root frees it
  assert.deepEqual([pool.isOpen(root), pool.isOpen(more)], [true, true]);
  pool.freeBuffer(root);
  assert.deepEqual([pool.isOpen(root), pool.isOpen(more), pool.open], [false, false, 0]);
});

test('MEM-3, MEM-4: null, freed and foreign memory is left alone, with a note', () => {
  const log = memoryLog();
  const pool = new BufferPool(log);
  const root = pool.allocateBuffer(1);
  pool.freeBuffer(null);
  pool.freeBuffer(root);
  assert.equal(log.entries.length, 0);
  pool.freeBuffer(root);
  pool.freeBuffer(new Uint8Array(3));
  assert.equal(log.entries.length, 2);
});

test('a freed root takes no further blocks, and sizes have a limit', () => {
  const pool = new BufferPool(nullLog);
  const root = pool.allocateBuffer(1);
  pool.freeBuffer(root);
  assert.throws(() => pool.allocateMore(1, root), { code: 'MAPI_E_INVALID_PARAMETER' });
  assert.throws(() => pool.allocateBuffer(-1), { code: 'MAPI_E_INVALID_PARAMETER' });
  assert.throws(() => pool.allocateBuffer(bufferBytesMax + 1), { code: 'MAPI_E_NOT_ENOUGH_MEMORY' });
});
