/** Attributes of a TNEF stream. [MS-OXTNEF] 2.1.3.2; spec: tnef-stream-structure */

/** The first four bytes. */
export const TNEF_SIGNATURE = 0x223e_9f78;
export const TNEF_VERSION = 0x0001_0000;

export const LVL_MESSAGE = 1;
export const LVL_ATTACHMENT = 2;

/** Level, identifier, length; and the checksum behind the data. */
export const ATTRIBUTE_HEADER_BYTES = 9;
export const ATTRIBUTE_CHECKSUM_BYTES = 2;
/** Signature and key. */
export const STREAM_HEADER_BYTES = 6;

/** High word of an attribute's identifier. */
export const ATP_TRIPLES = 0;
export const ATP_STRING = 1;
export const ATP_TEXT = 2;
export const ATP_DATE = 3;
export const ATP_SHORT = 4;
export const ATP_LONG = 5;
export const ATP_BYTE = 6;
export const ATP_WORD = 7;
export const ATP_DWORD = 8;

const att = (type: number, id: number): number => type * 0x1_0000 + id;

/** Identifiers by their names in tnef.h. */
export const ATTRIBUTES = {
  attOwner: att(ATP_BYTE, 0x0000),
  attSentFor: att(ATP_BYTE, 0x0001),
  attDelegate: att(ATP_BYTE, 0x0002),
  attDateStart: att(ATP_DATE, 0x0006),
  attOriginalMessageClass: att(ATP_WORD, 0x0006),
  attDateEnd: att(ATP_DATE, 0x0007),
  attAidOwner: att(ATP_LONG, 0x0008),
  attRequestRes: att(ATP_SHORT, 0x0009),
  attFrom: att(ATP_TRIPLES, 0x8000),
  attSubject: att(ATP_STRING, 0x8004),
  attDateSent: att(ATP_DATE, 0x8005),
  attDateRecd: att(ATP_DATE, 0x8006),
  attMessageStatus: att(ATP_BYTE, 0x8007),
  attMessageClass: att(ATP_WORD, 0x8008),
  attMessageID: att(ATP_STRING, 0x8009),
  attParentID: att(ATP_STRING, 0x800a),
  attConversationID: att(ATP_STRING, 0x800b),
  attBody: att(ATP_TEXT, 0x800c),
  attPriority: att(ATP_SHORT, 0x800d),
  attAttachData: att(ATP_BYTE, 0x800f),
  attAttachTitle: att(ATP_STRING, 0x8010),
  attAttachMetaFile: att(ATP_BYTE, 0x8011),
  attAttachCreateDate: att(ATP_DATE, 0x8012),
  attAttachModifyDate: att(ATP_DATE, 0x8013),
  attDateModified: att(ATP_DATE, 0x8020),
  attAttachTransportFilename: att(ATP_BYTE, 0x9001),
  attAttachRenddata: att(ATP_BYTE, 0x9002),
  attMAPIProps: att(ATP_BYTE, 0x9003),
  attRecipTable: att(ATP_BYTE, 0x9004),
  attAttachment: att(ATP_BYTE, 0x9005),
  attTnefVersion: att(ATP_DWORD, 0x9006),
  attOemCodepage: att(ATP_BYTE, 0x9007),
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(ATTRIBUTES).map(([name, id]) => [id, name]));

export function isKnownAttribute(id: number): boolean {
  return NAMES.has(id);
}

/** `attSubject`, or the identifier in hexadecimal. */
export function attributeName(id: number): string {
  return NAMES.get(id) ?? `attribute 0x${id.toString(16).padStart(8, '0')}`;
}

/** So many bytes of 255 still fit into half of a word. */
const wordsPerRound = 128;

/**
 * The sum of all bytes, modulo 65,536.
 *
 * Four bytes are added at a time, in the halves of two words: a stream is mostly attachments, and this is what reading
 * one costs.
 */
export function attributeChecksum(data: Uint8Array): number {
  const head = (4 - (data.byteOffset % 4)) % 4;
  if (data.length < head + 4) return sumOf(data, 0, data.length) & 0xffff;
  const words = new Uint32Array(data.buffer, data.byteOffset + head, (data.length - head) >>> 2);
  let sum = sumOf(data, 0, head) + sumOf(data, head + words.length * 4, data.length);
  for (let at = 0; at < words.length; ) {
    const end = Math.min(words.length, at + wordsPerRound);
    let even = 0;
    let odd = 0;
    for (; at < end; at++) {
      const word = words[at] ?? 0;
      even = (even + (word & 0x00ff_00ff)) | 0;
      odd = (odd + ((word >>> 8) & 0x00ff_00ff)) | 0;
    }
    sum += (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
  }
  return sum & 0xffff;
}

function sumOf(data: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += data[at] ?? 0;
  return sum;
}

/** What the classes of MS Mail are called in MAPI. [MS-OXTNEF] 2.1.3.3.9 */
export const MAIL_CLASSES: ReadonlyMap<string, string> = new Map([
  ['IPM.Microsoft Mail.Note', 'IPM.Note'],
  ['IPM.Microsoft Mail.Read Receipt', 'Report.IPM.Note.IPNRN'],
  ['IPM.Microsoft Mail.Non-Delivery', 'Report.IPM.Note.NDR'],
  ['IPM.Microsoft Schedule.MtgReq', 'IPM.Schedule.Meeting.Request'],
  ['IPM.Microsoft Schedule.MtgRespP', 'IPM.Schedule.Meeting.Resp.Pos'],
  ['IPM.Microsoft Schedule.MtgRespN', 'IPM.Schedule.Meeting.Resp.Neg'],
  ['IPM.Microsoft Schedule.MtgRespA', 'IPM.Schedule.Meeting.Resp.Tent'],
  ['IPM.Microsoft Schedule.MtgCncl', 'IPM.Schedule.Meeting.Canceled'],
]);
