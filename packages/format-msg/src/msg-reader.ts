/**
 * Opens a .msg file. [MS-OXMSG]
 *
 * - Values lie in the file until they are read; a large attachment is a stream.
 * - What is damaged or missing is left out and named in `diagnostics`; only what is no message at all fails.
 */
import { MapiError, type RandomAccess } from '@nodemapi/base';
import { type CompoundStorage, openCompoundFile } from '@nodemapi/format-cfb';
import {
  ATTACH_EMBEDDED_MSG,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_METHOD,
  propId,
  type Row,
} from '@nodemapi/mapi';
import { diagnosticsMax, type MsgDiagnostic, type Report, reporter } from './diagnostic.ts';
import { DocfileProp, isShallow } from './docfile.ts';
import { ATTACHMENT, NAMEID_STORAGE, numberOfName, PROPERTY_STREAM, RECIPIENT, valueName } from './element-names.ts';
import type { MsgAttachment, MsgMessage, MsgProp } from './msg-object.ts';
import { type NamedId, readNames } from './names.ts';
import { type CodePages, readProps } from './prop-reader.ts';
import { EMBEDDED_HEADER, OTHER_HEADER_BYTES, TOP_HEADER } from './property-stream.ts';

/** Messages inside messages inside … at most. */
export const nestingDepthMax = 50;

export interface MsgFile {
  readonly message: MsgMessage;
  /** Grows while values are read. */
  diagnostics(): readonly MsgDiagnostic[];
}

/**
 * Opens a .msg or .oft file; `source` is read as long as the message is used, and closed by the caller.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is no compound file, or one that holds no message
 */
export async function openMsg(source: RandomAccess): Promise<MsgFile> {
  const file = await openCompoundFile(source);
  const own: MsgDiagnostic[] = [];
  const report = reporter(own);
  if (!isMessageStorage(file.root)) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', 'a compound file without a message');
  }
  const names = await readNames(file.root, report);
  const message = await readMessage(file.root, { names, report, path: '', depth: 0 });
  return { message, diagnostics: () => [...file.diagnostics, ...own].slice(0, diagnosticsMax) };
}

/** Other files of this form have neither properties nor values of any. */
function isMessageStorage(root: CompoundStorage): boolean {
  if (root.stream(PROPERTY_STREAM) !== undefined || root.storage(NAMEID_STORAGE) !== undefined) return true;
  return root.entries.some(({ name }) => /^__substg1\.0_/iu.test(name));
}

interface Place {
  readonly names: readonly NamedId[];
  readonly report: Report;
  /** Path of the storage; the root's is empty. */
  readonly path: string;
  readonly depth: number;
}

async function readMessage(storage: CompoundStorage, place: Place): Promise<MsgMessage> {
  const header = place.depth === 0 ? TOP_HEADER.size : EMBEDDED_HEADER.size;
  const { props, codePages } = await readProps(storage, header, place.path, undefined, place.report);
  const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
    let result: Promise<T> | undefined;
    return () => {
      result ??= work();
      return result;
    };
  };
  return {
    props,
    names: place.names,
    recipients: once(() => readRecipients(storage, codePages, place)),
    attachments: once(() => readAttachments(storage, codePages, place)),
  };
}

/** Storages that are called `prefix` and a number, by number. */
function numbered(storage: CompoundStorage, prefix: string): readonly CompoundStorage[] {
  const found: { readonly number: number; readonly entry: CompoundStorage }[] = [];
  for (const entry of storage.entries) {
    if (entry.kind !== 'storage') continue;
    const number = numberOfName(entry.name, prefix);
    if (number !== undefined) found.push({ number, entry });
  }
  return found.sort((a, b) => a.number - b.number).map(({ entry }) => entry);
}

async function readRecipients(storage: CompoundStorage, codePages: CodePages, place: Place): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const each of numbered(storage, RECIPIENT)) {
    const path = `${place.path}/${each.name}`;
    const { props } = await readProps(each, OTHER_HEADER_BYTES, path, codePages, place.report);
    const row = [];
    for (const each of props) row.push({ tag: each.tag, value: await each.read() });
    if (row.length > 0) rows.push(row);
    else place.report('emptyObject', path, true, 'a recipient without properties');
  }
  return rows;
}

async function readAttachments(
  storage: CompoundStorage,
  codePages: CodePages,
  place: Place,
): Promise<readonly MsgAttachment[]> {
  const attachments: MsgAttachment[] = [];
  for (const each of numbered(storage, ATTACHMENT)) {
    const path = `${place.path}/${each.name}`;
    const { props } = await readProps(each, OTHER_HEADER_BYTES, path, codePages, place.report);
    const inner = each.storage(valueName(PR_ATTACH_DATA_OBJ));
    if (props.length === 0 && inner === undefined) {
      place.report('emptyObject', path, true, 'an attachment without properties');
      continue;
    }
    const within = inner === undefined ? {} : await innerObject(inner, props, { ...place, path });
    const hasData = props.some(({ tag }) => propId(tag) === propId(PR_ATTACH_DATA_BIN));
    const isFlat = within.storage !== undefined && !hasData && isShallow(within.storage);
    if (within.storage !== undefined && !isFlat && !hasData) {
      place.report('nestedTooDeep', path, true, 'the storages of the OLE object nest too deep');
    }
    const docfile = isFlat ? [new DocfileProp(within.storage)] : [];
    attachments.push({ props: [...props, ...docfile], ...within });
  }
  return attachments;
}

async function innerObject(
  inner: CompoundStorage,
  props: readonly MsgProp[],
  place: Place,
): Promise<Pick<MsgAttachment, 'message' | 'storage'>> {
  const method = await props.find(({ tag }) => tag === PR_ATTACH_METHOD)?.read();
  const isMessage = method === ATTACH_EMBEDDED_MSG || (method === undefined && isMessageStorage(inner));
  if (!isMessage) return { storage: inner };
  const path = `${place.path}/${inner.name}`;
  const depth = place.depth + 1;
  if (depth > nestingDepthMax) {
    place.report('nestedTooDeep', path, true, `messages nest deeper than ${nestingDepthMax}`);
    return {};
  }
  return { message: () => readMessage(inner, { ...place, path, depth }) };
}
