/** Submits a message as a careful client does. spec: sending-a-message */
import { getProp } from '@nodemapi/kit';
import { type EntryId, type IMessage, isPropError, MapiError, PR_ENTRYID, type PropValue } from '@nodemapi/mapi';

/**
 * Saves and submits a message, and answers the identifier by which it can be withdrawn: it is read before the submission,
 * since the one that the message has after it was sent may be another.
 *
 * If the store answers MAPI_E_CORRUPT_DATA to either call, what it has of the message may be lost: the properties are
 * written and saved again, and the call is made once more.
 *
 * @throws what the store throws, the second time
 */
export async function submitSaved(message: IMessage): Promise<EntryId> {
  const written = (await message.getProps()).props.filter((value): value is PropValue => !isPropError(value));
  const save = (): Promise<void> => message.saveChanges({ keepOpenReadWrite: true });
  const rewrite = async (): Promise<void> => {
    await message.setProps(written); // what is the store's own stays as it is
    await save();
  };
  if (await isCorrupted(save)) await rewrite();
  const entryId = await getProp(message, PR_ENTRYID);
  if (entryId === undefined) throw new MapiError('MAPI_E_CALL_FAILED', 'the store gave the new message no identifier');
  if (await isCorrupted(() => message.submitMessage())) {
    await rewrite();
    await message.submitMessage();
  }
  return entryId;
}

/** Whether a call says that the store has lost the data. @throws whatever else it throws */
async function isCorrupted(call: () => Promise<void>): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) return true;
    throw error;
  }
}
