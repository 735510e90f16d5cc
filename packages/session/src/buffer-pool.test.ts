import assert from 'node:assert/strict';
import { memoryLog, nullLog } from '@nodemapi/base';
import { test } from 'vitest';
import { BufferPool, bufferBytesMax } from './buffer-pool.ts';

test('MEM-1, MEM-2, UTIL-001: blocks are chained to a root and freed with it', () => {
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

test('AMB-38, MEM-3, MEM-4, UTIL-001: null, freed and foreign memory is left alone, with a note', () => {
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

test('MEM-7: a block of another size has the same contents, and what it replaces stays as it is', () => {
  const pool = new BufferPool(nullLog);
  const root = pool.allocateBuffer(4);
  root.set([1, 2, 3, 4]);
  const more = pool.allocateMore(2, root);
  const larger = pool.reallocateBuffer(root, 6);
  const smaller = pool.reallocateBuffer(root, 3);
  assert.deepEqual([...larger], [1, 2, 3, 4, 0, 0]);
  assert.deepEqual([...smaller], [1, 2, 3]);
  larger[0] = 9;
  assert.equal(root[0], 1);
  pool.freeBuffer(larger);
  assert.deepEqual([pool.isOpen(root), pool.isOpen(more)], [true, true]); // what hangs on it is not the new block's
  pool.freeBuffer(smaller);
  pool.freeBuffer(root);
  assert.equal(pool.open, 0);
  assert.equal(pool.reallocateBuffer(null, 5).length, 5);
  assert.throws(() => pool.reallocateBuffer(root, 5), { code: 'MAPI_E_INVALID_PARAMETER' });
});

test('a freed root takes no further blocks, and sizes have a limit', () => {
  const pool = new BufferPool(nullLog);
  const root = pool.allocateBuffer(1);
  pool.freeBuffer(root);
  assert.throws(() => pool.allocateMore(1, root), { code: 'MAPI_E_INVALID_PARAMETER' });
  assert.throws(() => pool.allocateBuffer(-1), { code: 'MAPI_E_INVALID_PARAMETER' });
  assert.throws(() => pool.allocateBuffer(bufferBytesMax + 1), { code: 'MAPI_E_NOT_ENOUGH_MEMORY' });
});
