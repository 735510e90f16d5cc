import assert from 'node:assert/strict';
import { MapiError, PR_ADDRTYPE, PR_ATTACH_DATA_BIN, PR_SUBJECT } from '@nodemapi/mapi';
import { test } from 'vitest';
import { parseTag } from './prop-names.ts';

test('a tag is found by the name that headers of C have, the canonical one, or its number', () => {
  for (const text of ['PR_SUBJECT', 'pr_subject', 'PR_SUBJECT_W', 'PR_SUBJECT_A', 'PidTagSubject', '0x0037001F']) {
    assert.equal(parseTag(text), PR_SUBJECT, text);
  }
  // The canonical name is not that of C in other letters.
  assert.equal(parseTag('PidTagAddressType'), PR_ADDRTYPE);
  assert.equal(parseTag('pidtagattachdatabinary'), PR_ATTACH_DATA_BIN);
});

test('a name that is unknown is answered with names that look alike', () => {
  const says = (text: string, hint: RegExp): void =>
    assert.throws(
      () => parseTag(text),
      (error) => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER') && hint.test(error.detail),
    );
  says('PR_SUBJ', /did you mean PR_SUBJECT/u);
  says('PidTagSubj', /did you mean PR_SUBJECT/u);
  for (const text of ['PR_SUBJECTS', 'PR_SUBJECT_S', 'PidTagSubject_W']) says(text, /did you mean PR_SUBJECT[?,]/u);
  says('nothing', /write PR_NAME, PidTagName or 0xIIIITTTT/u);
});
