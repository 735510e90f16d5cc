/** The state of an IMAPITable: asynchronous setup, counts, bookmarks at its end. spec: imapitableiunknown */
import { strict as assert } from 'node:assert';
import { descend, fnevNewMail, fnevTableModified, MapiError, resProperty } from '@nodemapi/mapi';
import { textsOf } from './table-live-suite.ts';
import { failsWith, LETTERS, type TableSuite } from './table-suite.ts';

/** What a table does while it is set up, and what it can tell of itself. */
export function stateRules({ rule, open, text, number }: TableSuite): void {
  rule('TABLE-051', 'setup takes TBL_ASYNC and TBL_BATCH, and can be waited for', async () => {
    await using table = await open(LETTERS);
    const flags = { async: true, batch: true };
    await table.setColumns([text], flags);
    await table.restrict(resProperty('NE', text, 'b'), flags);
    await table.sortTable({ sorts: [descend(text)] }, flags);
    assert.equal((await table.waitForCompletion(10_000)).status, 'complete');
    assert.deepEqual(textsOf(await table.queryRows(9), text), ['e', 'd', 'c', 'a']);
  });
  rule('TABLE-052', 'calls that do not wait for a setup get what it leaves, or MAPI_E_BUSY', async () => {
    await using table = await open(LETTERS);
    const setup = table.restrict(resProperty('NE', text, 'a'), { async: true });
    const rows = table.queryRows(9).catch((error: unknown) => {
      assert.ok(MapiError.is(error, 'MAPI_E_BUSY'), String(error));
      return undefined;
    });
    await setup;
    const read = await rows;
    if (read !== undefined) assert.deepEqual(textsOf(read, text), ['b', 'c', 'd', 'e']);
    await table.seekRow('beginning', 0);
    assert.deepEqual(textsOf(await table.queryRows(9), text), ['b', 'c', 'd', 'e']);
  });
  rule('TABLE-054', 'what is done need not be waited for, however long one would', async () => {
    await using table = await open(LETTERS);
    for (const timeoutMs of [0, 1, 0xffff_ffff]) {
      assert.equal((await table.waitForCompletion(timeoutMs)).status, 'complete');
    }
  });
  rule('TABLE-053', 'when nothing runs, nothing can be stopped', async () => {
    await using table = await open(LETTERS);
    await failsWith('MAPI_E_UNABLE_TO_ABORT', table.abort());
  });
  rule(
    'TABLE-056, NOTIF-9, AMB-70',
    'only fnevTableModified can be registered for, and other events with it are ignored',
    async () => {
      await using table = await open(LETTERS);
      await failsWith('MAPI_E_NO_SUPPORT', table.advise(fnevNewMail, { onNotify: () => {} }));
      const advising = table.advise(fnevTableModified | fnevNewMail, { onNotify: () => {} });
      if ((await table.getStatus()).type === 'snapshot') await failsWith('MAPI_E_NO_SUPPORT', advising);
      else await table.unadvise(await advising);
    },
  );
  rule(
    'TABLE-039, RESTR-021',
    'columns, restriction, order: in this order, and by columns that are not shown',
    async () => {
      await using table = await open(LETTERS);
      await table.setColumns([text]);
      await table.restrict(resProperty('GE', number, 1)).catch(tooComplex);
      await table.sortTable({ sorts: [descend(text)] });
      const rows = await table.queryRows(9);
      assert.ok(rows.every((row) => row.length === 1));
      const restricted = textsOf(rows, text).join('');
      assert.ok(['edba', 'edcba'].includes(restricted), restricted);
      await table.restrict(null);
      try {
        await table.findRow(resProperty('EQ', number, 0), 'beginning');
        assert.deepEqual(textsOf(await table.queryRows(1), text), ['c']);
      } catch (error) {
        assert.ok(MapiError.is(error, 'MAPI_E_NOT_FOUND'), String(error));
      }
    },
  );
  rule('TABLE-015', 'the count is that of the rows that can be read, if there is one', async () => {
    await using table = await open(LETTERS);
    const counted = async (): Promise<number | undefined> => {
      try {
        return await table.getRowCount();
      } catch (error) {
        assert.ok(MapiError.is(error, 'MAPI_E_NO_SUPPORT'), String(error));
        return undefined;
      }
    };
    for (const restriction of [null, resProperty('NE', text, 'b')]) {
      await table.restrict(restriction);
      const { length } = await table.queryRows(9);
      assert.ok([length, undefined].includes(await counted()));
    }
  });
  rule('TABLE-025', 'with the table its bookmarks are gone, and another one has none of them', async () => {
    const table = await open(LETTERS);
    await using other = await open(LETTERS);
    const bookmark = await table.createBookmark();
    await table.release();
    await failsWith('MAPI_E_INVALID_OBJECT', table.seekRow(bookmark, 0));
    await failsWith('MAPI_E_INVALID_BOOKMARK', other.seekRow(bookmark, 0));
  });
}

/** Restrictions on columns that are not shown are optional. */
function tooComplex(error: unknown): void {
  assert.ok(MapiError.is(error, 'MAPI_E_TOO_COMPLEX'), String(error));
}
