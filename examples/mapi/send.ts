// C++: CreateMessage, an ADRLIST, ResolveName, ModifyRecipients, an attachment by stream and one that is a message, SubmitMessage.
import {
  type AdrEntry,
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  endSession,
  type IMessage,
  MAPI_CC,
  MAPI_TO,
  MAPIInitialize,
  MAPILogonEx,
  MSGFLAG_UNSENT,
  openDefaultStore,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_BODY,
  PR_DELETE_AFTER_SUBMIT,
  PR_DISPLAY_NAME,
  PR_IPM_OUTBOX_ENTRYID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_RECIPIENT_TYPE,
  PR_RENDERING_POSITION,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  prop,
} from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true });

async function attachFile(message: IMessage, name: string, content: Uint8Array): Promise<void> {
  const { attach } = await message.createAttach();
  await using opened = attach;
  await opened.setProps([
    prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE),
    prop(PR_ATTACH_LONG_FILENAME, name),
    prop(PR_RENDERING_POSITION, -1),
  ]);
  await using stream = await opened.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
  await stream.write(content);
  await stream.commit();
  await opened.saveChanges();
}

async function attachMessage(message: IMessage, subject: string): Promise<void> {
  const { attach } = await message.createAttach();
  await using opened = attach;
  await opened.setProps([prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG), prop(PR_RENDERING_POSITION, -1)]);
  await using inner = await opened.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
  await inner.setProps([prop(PR_MESSAGE_CLASS, 'IPM.Note'), prop(PR_SUBJECT, subject), prop(PR_BODY, 'Inside.')]);
  await inner.saveChanges(); // the message, then the attachment, then the message that has it
  await opened.saveChanges();
}

{
  await using store = await openDefaultStore(session);
  // getProps answers the values in order, typed by their tags; undefined stands for PT_ERROR.
  const [outboxId, sentMailId] = (await store.getProps([PR_IPM_OUTBOX_ENTRYID, PR_IPM_SENTMAIL_ENTRYID])).values;
  if (outboxId === undefined || sentMailId === undefined) throw new Error('a store without an Outbox');
  await using outbox = await store.openEntry(outboxId, { iid: 'IMAPIFolder', modify: true });
  await using message = await outbox.createMessage();
  await message.setProps([
    prop(PR_MESSAGE_CLASS, 'IPM.Note'),
    prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT),
    prop(PR_SUBJECT, 'NEWS: by heart'),
    prop(PR_BODY, 'As in 1996.'),
    prop(PR_SENTMAIL_ENTRYID, sentMailId),
    prop(PR_DELETE_AFTER_SUBMIT, false),
  ]);

  const { object: addressBook } = await session.openAddressBook();
  await using book = addressBook;
  const recipients: readonly AdrEntry[] = [
    [prop(PR_DISPLAY_NAME, 'Myself [SMTP:work@localhost]'), prop(PR_RECIPIENT_TYPE, MAPI_TO)],
    [prop(PR_DISPLAY_NAME, 'Nobody We Know'), prop(PR_RECIPIENT_TYPE, MAPI_CC)],
  ];
  const resolved = await book.resolveName(recipients); // does not throw: the list, flags and the code
  console.log(`resolved: ${resolved.flags.join(', ')}, ${resolved.error ?? 'S_OK'}`);
  await message.modifyRecipients(
    'add',
    resolved.list.filter((_, index) => resolved.flags[index] === 'resolved'),
  );

  await attachFile(message, 'notes.txt', new TextEncoder().encode('The engine weaves.'));
  await attachMessage(message, 'The one inside');
  await message.submitMessage(); // saves; after it only release works on the message
}
const { outgoing } = await endSession(session, { policy: 'drain' });
console.log(`sent ${outgoing.sent}`);
