import assert from 'node:assert/strict';
import { memoryRandomAccess, seededRandom } from '@nodemapi/base';
import { PstFile } from '@nodemapi/format-pst';
import { NamedPropertyMap, openSourceMessage, type SourceProp } from '@nodemapi/kit';
import {
  ATTACH_BY_VALUE,
  ATTACH_OLE,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_SUBJECT,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { PstExport } from './pst-export.ts';

const constantProp = ({ tag, value }: PropValue): SourceProp => ({
  tag,
  size: value instanceof Uint8Array ? value.length : 4,
  read: async () => value,
  open: async () => memoryRandomAccess(value instanceof Uint8Array ? value : new Uint8Array(0)),
});

const CONTENT = new Uint8Array(5000).fill(0xd0);

test('an OLE object is written as an object, as Outlook reads it; a file stays a file', async () => {
  const attachment = (method: number) => ({
    props: [
      prop(PR_ATTACH_METHOD, method),
      prop(PR_ATTACH_LONG_FILENAME, 'content'),
      prop(PR_ATTACH_DATA_BIN, CONTENT),
    ].map(constantProp),
  });
  await using message = openSourceMessage({
    props: [constantProp(prop(PR_SUBJECT, 'Two'))],
    names: new NamedPropertyMap(seededRandom(2), []),
    recipients: async () => [],
    attachments: async () => [attachment(ATTACH_OLE), attachment(ATTACH_BY_VALUE)],
  });
  let bytes = new Uint8Array(0);
  const write = async (offset: number, piece: Uint8Array): Promise<void> => {
    const grown = new Uint8Array(Math.max(bytes.length, offset + piece.length));
    grown.set(bytes);
    grown.set(piece, offset);
    bytes = grown;
  };
  const out = new PstExport({ write }, 'Archive', seededRandom(1));
  assert.deepEqual(await out.add(out.pst.addFolder(out.pst.top, { name: 'A' }), message), []);
  await out.finish();

  const file = await PstFile.open(memoryRandomAccess(bytes));
  const found: unknown[] = [];
  for await (const { folder } of file.folders())
    for await (const written of folder.messages('messages'))
      for await (const each of written.attachments()) {
        const pieces: Uint8Array[] = [];
        for await (const piece of each.data()) pieces.push(piece.slice());
        found.push([each.method, each.isObject, Buffer.concat(pieces).equals(CONTENT)]);
      }
  assert.deepEqual(found, [
    [ATTACH_OLE, true, true],
    [ATTACH_BY_VALUE, false, true],
  ]);
});
