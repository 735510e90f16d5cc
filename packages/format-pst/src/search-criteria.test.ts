import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { PR_MESSAGE_FLAGS, PR_PARENT_ENTRYID, PR_SUBJECT, type PropValue, PT_BINARY, tag } from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { PstFile } from './pst-file.ts';
import { entryId, INBOX, SEARCH, sample, TOP } from './sample.testing.ts';
import { readSearchCriteria, SEARCH_IDS } from './search-criteria.ts';

const longs = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** Criteria of that restriction, whose values are the numbers from 1 on. */
function criteriaOf(bytes: Uint8Array, values = 10): ReturnType<typeof readSearchCriteria> {
  return readSearchCriteria(async (id): Promise<PropValue | undefined> => {
    if (id === SEARCH_IDS.restriction) return { tag: tag(id, PT_BINARY), value: bytes };
    const index = id - SEARCH_IDS.firstValue + 1;
    return index >= 1 && index <= values ? { tag: PR_MESSAGE_FLAGS, value: index } : undefined;
  });
}

const F = PR_MESSAGE_FLAGS;

describe('the criteria of a search folder', () => {
  it('are read in every version: restriction with its values, folders, state', async () => {
    for (const version of ['ansi', 'unicode', 'unicode4k'] as const) {
      const file = await PstFile.open(sample({ version }).source);
      const folder = await file.folder(SEARCH);
      assert.deepEqual(await folder.searchCriteria(), {
        restriction: {
          kind: 'and',
          of: [
            {
              kind: 'property',
              relop: 'NE',
              tag: PR_PARENT_ENTRYID,
              value: { tag: PR_PARENT_ENTRYID, value: entryId(INBOX) },
            },
            { kind: 'not', of: { kind: 'bitmask', relop: 'NEZ', tag: PR_MESSAGE_FLAGS, mask: 1 } },
            {
              kind: 'content',
              match: 'prefix',
              ignoreCase: true,
              tag: PR_SUBJECT,
              value: { tag: PR_SUBJECT, value: 'X' },
            },
          ],
        },
        scopeNids: [TOP],
        state: 5,
      });
      assert.equal(await (await file.folder(INBOX)).searchCriteria(), undefined);
    }
  });

  it('of every kind are understood; values are taken in the order in which one comes to them', async () => {
    const value = (index: number) => ({ tag: F, value: index });
    const cases: readonly (readonly [Uint8Array, unknown])[] = [
      [longs(5, 0, F, F), { kind: 'compareProps', relop: 'LT', tag1: F, tag2: F }],
      [longs(7, 6, F, 9), { kind: 'size', relop: 'RE', tag: F, size: 9 }],
      [longs(8, 0, F, 0), { kind: 'exist', tag: F }],
      [longs(9, F, 16, 0, 8, 0, F, 0), { kind: 'sub', subobject: F, of: { kind: 'exist', tag: F } }],
      [longs(11, 3, 16, 0, 8, 0, F, 0), { kind: 'count', count: 3, of: { kind: 'exist', tag: F } }],
      [longs(10, 1, 0, 16, F), { kind: 'comment', props: [value(1)] }],
      [
        longs(10, 2, 24, 16, F, F, 4, 4, F, F),
        {
          kind: 'comment',
          props: [value(1), value(2)],
          of: { kind: 'property', relop: 'EQ', tag: F, value: value(3) },
        },
      ],
      [
        longs(3, 0x7_0001, F, F),
        {
          kind: 'content',
          match: 'substring',
          ignoreCase: true,
          ignoreNonSpace: true,
          loose: true,
          tag: F,
          value: value(1),
        },
      ],
    ];
    for (const [bytes, expected] of cases) assert.deepEqual((await criteriaOf(bytes)).restriction, expected);
    const { restriction } = await criteriaOf(longs(1, 2, 16, 0, 4, 4, F, F, 0, 1, 48, 0, 4, 4, F, F));
    assert.deepEqual(JSON.parse(JSON.stringify(restriction)).of[1].of[0].value.value, 2);
  });

  it('of a folder that was never told any are null', async () => {
    assert.deepEqual(await readSearchCriteria(async () => undefined), { restriction: null, scopeNids: [], state: 0 });
  });

  it('that are damaged are named, and never take more than their bytes', async () => {
    const loop = longs(0, 1, 0, 0);
    const bomb = longs(0, 2, 16, 0, 0, 2, 16, 0, 0, 2, 16, 0);
    const deep = longs(...Array.from({ length: 100 }, (_, index) => [2, 0, (index + 1) * 16, 0]).flat(), 8, 0, F, 0);
    for (const [bytes, detail] of [
      [loop, /restrictions in 0 bytes/],
      [bomb, /restrictions in/],
      [deep, /more than 64 deep/],
      [longs(0, 0xffff_ffff, 16, 0), /4294967295 search restrictions/],
      [longs(10, 0xffff_ffff, 0, 16), /4294967295 values/],
      [longs(2, 0, 400, 0, 0, 0, 0, 0), /ends at 400/],
      [longs(4, 9, F, F), /compares by 9/],
      [longs(3, 7, F, F), /matches by 0x7/],
      [longs(12, 0, 0, 0), /of kind 12/],
      [new Uint8Array(10), /leads back/],
    ] as const)
      await assert.rejects(
        criteriaOf(bytes),
        (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA') && detail.test(error.detail),
      );
    await assert.rejects(criteriaOf(longs(4, 4, F, F), 0), /lacks its value 0x8001/);
    await assert.rejects(criteriaOf(longs(4, 4, PR_SUBJECT, PR_SUBJECT)), /another type/);
  });
});
