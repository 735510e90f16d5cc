/** The property stream of a message, recipient or attachment: a header and 16 bytes a property. [MS-OXMSG] 2.4 */
import { bytes, struct, u32 } from '@nodemapi/base';

/** Header of the message that the file is. [MS-OXMSG] 2.4.1.1 */
export const TOP_HEADER = struct('TopLevelHeader', 32, {
  reserved: bytes(8),
  nextRecipientId: u32,
  nextAttachmentId: u32,
  recipientCount: u32,
  attachmentCount: u32,
  reserved2: bytes(8),
});

/** Header of a message within a message. [MS-OXMSG] 2.4.1.2 */
export const EMBEDDED_HEADER = struct('EmbeddedHeader', 24, {
  reserved: bytes(8),
  nextRecipientId: u32,
  nextAttachmentId: u32,
  recipientCount: u32,
  attachmentCount: u32,
});

/** Bytes of zeros before the properties of a recipient or attachment. [MS-OXMSG] 2.4.1.3 */
export const OTHER_HEADER_BYTES = 8;

/** [MS-OXMSG] 2.4.2: the value of a fixed length, or the size of one that has a stream and four bytes more. */
export const ENTRY = struct('PropertyEntry', 16, { tag: u32, flags: u32, value: bytes(8) });

export const PROPATTR_READABLE = 2;
export const PROPATTR_WRITABLE = 4;
