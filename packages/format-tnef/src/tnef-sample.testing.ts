import { fileTimeFromIso, type Guid, utf8Encode } from '@nodemapi/base';
import * as mapi from '@nodemapi/mapi';
import type { TnefMessage, TnefProp } from './tnef-message.ts';

const PSETID = '00062008-0000-0000-c000-000000000046' as Guid;
const prop = <T>(tag: mapi.PropTag<T>, value: T): TnefProp => ({ tag, value });
const TIME = fileTimeFromIso('2026-11-22T20:30:59.1234567Z');
const REND = { type: 1, position: 0xffff_ffff, width: 0, height: 0, flags: 0 };

const INNER: TnefMessage = {
  key: 8,
  codePage: 1252,
  props: [prop(mapi.PR_MESSAGE_CLASS, 'IPM.Task'), prop(mapi.PR_SUBJECT, 'inner')],
  recipients: [],
  attachments: [
    {
      rendData: REND,
      props: [prop(mapi.PR_ATTACH_FILENAME, 'in.txt'), prop(mapi.PR_ATTACH_DATA_BIN, utf8Encode('in'))],
    },
  ],
};

/** A message with something of everything. */
export const SAMPLE: TnefMessage = {
  key: 7,
  codePage: 1252,
  props: [
    prop(mapi.PR_MESSAGE_CLASS, 'IPM.Schedule.Meeting.Request'),
    prop(mapi.PR_SUBJECT, 'Grüße, λ'),
    prop(mapi.PR_BODY, 'text\r\n'),
    prop(mapi.PR_CLIENT_SUBMIT_TIME, TIME),
    prop(mapi.PR_PRIORITY, 1),
    prop(mapi.PR_MESSAGE_FLAGS, mapi.MSGFLAG_READ | mapi.MSGFLAG_RESEND),
    prop(mapi.PR_SEARCH_KEY, Uint8Array.from([1, 2, 255])),
    prop(mapi.PR_RESPONSE_REQUESTED, true),
    prop(mapi.PR_OWNER_APPT_ID, -5),
    prop(mapi.PR_RTF_COMPRESSED, utf8Encode('rtf')),
    prop(mapi.tag(0x6800, mapi.PT_DOUBLE), 1.5),
    prop(mapi.tag(0x6801, mapi.PT_I8), -(2n ** 40n)),
    prop(mapi.tag(0x6802, mapi.PT_CLSID), PSETID),
    prop(mapi.tag(0x6803, mapi.PT_MV_LONG), [1, -2]),
    prop(mapi.tag(0x6804, mapi.PT_MV_I2), [3, -4, 5]),
    prop(mapi.tag(0x6805, mapi.PT_MV_UNICODE), ['a', '', 'λ']),
    prop(mapi.tag(0x6806, mapi.PT_MV_BINARY), [new Uint8Array(0), Uint8Array.from([1])]),
    prop(mapi.tag(0x6807, mapi.PT_R4), 0.5),
    prop(mapi.tag(0x6808, mapi.PT_ERROR), 0x8004_010f),
    prop(mapi.tag(0x6809, mapi.PT_MV_SYSTIME), [TIME]),
    { tag: mapi.tag(0x8001, mapi.PT_UNICODE), value: 'v', name: { guid: PSETID, name: 'Näme' } },
    { tag: mapi.tag(0x8002, mapi.PT_BOOLEAN), value: false, name: { guid: PSETID, id: 0x8503 } },
  ],
  recipients: [
    [
      prop(mapi.PR_RECIPIENT_TYPE, mapi.MAPI_TO),
      prop(mapi.PR_DISPLAY_NAME, 'Ada'),
      prop(mapi.PR_EMAIL_ADDRESS, 'ada@example.com'),
    ],
    [prop(mapi.PR_RECIPIENT_TYPE, mapi.MAPI_CC), prop(mapi.PR_DISPLAY_NAME, 'Βοβ')],
  ],
  attachments: [
    {
      rendData: { ...REND, position: 3 },
      props: [
        prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_BY_VALUE),
        prop(mapi.PR_ATTACH_LONG_FILENAME, 'long näme.txt'),
        prop(mapi.PR_ATTACH_FILENAME, 'LONGNA~1.TXT'),
        prop(mapi.PR_CREATION_TIME, TIME),
        prop(mapi.PR_ATTACH_DATA_BIN, utf8Encode('data')),
      ],
    },
    {
      rendData: REND,
      props: [prop(mapi.PR_ATTACH_METHOD, mapi.ATTACH_EMBEDDED_MSG), prop(mapi.PR_ATTACH_FILENAME, 'message')],
      message: INNER,
    },
  ],
};
