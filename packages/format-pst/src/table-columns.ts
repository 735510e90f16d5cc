/** The columns that tables of each kind have at least. [MS-PST] 2.4.4.4.1, 2.4.4.5.1, 2.4.5.3.1, 2.4.6.1.1 */
import { type PropTag, tagFromNumber } from '@nodemapi/mapi';

const tags = (...numbers: readonly number[]): readonly PropTag[] => numbers.map(tagFromNumber);

const ROW = [0x67f2_0003, 0x67f3_0003] as const;
/** PidTagReplItemid, PidTagReplChangenum, PidTagReplVersionHistory, PidTagReplFlags */
const REPLICA = [0x0e30_0003, 0x0e33_0014, 0x0e34_0102, 0x0e38_0003] as const;

export const HIERARCHY_COLUMNS = tags(
  ...ROW,
  ...REPLICA,
  0x3001_001f, // PR_DISPLAY_NAME
  0x3602_0003, // PR_CONTENT_COUNT
  0x3603_0003, // PR_CONTENT_UNREAD
  0x360a_000b, // PR_SUBFOLDERS
  0x3613_001f, // PR_CONTAINER_CLASS
  0x6635_0003, // PR_PST_HIDDEN_COUNT
  0x6636_0003, // PR_PST_HIDDEN_UNREAD
);

export const CONTENTS_COLUMNS = tags(
  ...ROW,
  ...REPLICA,
  0x0017_0003, // PR_IMPORTANCE
  0x001a_001f, // PR_MESSAGE_CLASS
  0x0036_0003, // PR_SENSITIVITY
  0x0037_001f, // PR_SUBJECT
  0x0039_0040, // PR_CLIENT_SUBMIT_TIME
  0x0042_001f, // PR_SENT_REPRESENTING_NAME
  0x0057_000b, // PR_MESSAGE_TO_ME
  0x0058_000b, // PR_MESSAGE_CC_ME
  0x0070_001f, // PR_CONVERSATION_TOPIC
  0x0071_0102, // PR_CONVERSATION_INDEX
  0x0e03_001f, // PR_DISPLAY_CC
  0x0e04_001f, // PR_DISPLAY_TO
  0x0e06_0040, // PR_MESSAGE_DELIVERY_TIME
  0x0e07_0003, // PR_MESSAGE_FLAGS
  0x0e08_0003, // PR_MESSAGE_SIZE
  0x0e17_0003, // PR_MSG_STATUS
  0x1097_0003, // PidTagItemTemporaryflags
  0x3008_0040, // PR_LAST_MODIFICATION_TIME
  0x65c6_0003, // PidTagSecureSubmitFlags
);

export const ASSOCIATED_COLUMNS = tags(
  ...ROW,
  ...REPLICA,
  0x001a_001f, // PR_MESSAGE_CLASS
  0x0e07_0003, // PR_MESSAGE_FLAGS
  0x0e17_0003, // PR_MSG_STATUS
  0x3001_001f, // PR_DISPLAY_NAME
  0x7003_0003, // PidTagViewDescriptorFlags
  0x7004_0102, // PidTagViewDescriptorLinkTo
  0x7005_0102, // PidTagViewDescriptorViewFolder
  0x7006_001f, // PidTagViewDescriptorName
  0x7007_0003, // PidTagViewDescriptorVersion
);

export const SEARCH_CONTENTS_COLUMNS = tags(...ROW, 0x0e05_001f, 0x001a_001f, 0x0037_001f, 0x0e07_0003);

export const RECIPIENT_COLUMNS = tags(
  ...ROW,
  0x0c15_0003, // PR_RECIPIENT_TYPE
  0x0e0f_000b, // PR_RESPONSIBILITY
  0x0ff9_0102, // PR_RECORD_KEY
  0x0ffe_0003, // PR_OBJECT_TYPE
  0x0fff_0102, // PR_ENTRYID
  0x3001_001f, // PR_DISPLAY_NAME
  0x3002_001f, // PR_ADDRTYPE
  0x3003_001f, // PR_EMAIL_ADDRESS
  0x300b_0102, // PR_SEARCH_KEY
  0x3900_0003, // PR_DISPLAY_TYPE
  0x39ff_001f, // PR_7BIT_DISPLAY_NAME
  0x3a40_000b, // PR_SEND_RICH_INFO
);

export const ATTACHMENT_COLUMNS = tags(
  ...ROW,
  0x0e20_0003, // PR_ATTACH_SIZE
  0x3704_001f, // PR_ATTACH_FILENAME
  0x3705_0003, // PR_ATTACH_METHOD
  0x370b_0003, // PR_RENDERING_POSITION
);
