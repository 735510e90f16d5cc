// C++: GetIDsFromNames, SetProps with SPropProblemArray, HrGetOneProp, a long value by OpenProperty, CopyTo, GetLastError.
import {
  changePropType,
  composeMessage,
  endSession,
  getProp,
  hresultHex,
  hrGetOneProp,
  MAPIInitialize,
  MAPILogonEx,
  MapiError,
  openDefaultStore,
  openSpecialFolder,
  PidLidTaskStatus,
  PR_BODY,
  PR_COMMENT,
  PR_ENTRYID,
  PR_SUBJECT,
  PS_PUBLIC_STRINGS,
  PT_LONG,
  PT_UNICODE,
  problemOf,
  prop,
} from 'nodemapi';

await MAPIInitialize();
const session = await MAPILogonEx(null, 'work', null, { newSession: true, noMail: true });
try {
  await using store = await openDefaultStore(session);
  await using inbox = await openSpecialFolder(store, 'inbox');
  await using message = await composeMessage(inbox, { subject: 'Properties', text: 'x'.repeat(20_000) });

  // Named properties: the identifier comes back with PT_UNSPECIFIED, the caller gives it its type.
  const [colour, status] = await message.getIDsFromNames(
    [{ guid: PS_PUBLIC_STRINGS, name: 'Colour' }, PidLidTaskStatus],
    { create: true },
  );
  if (colour === undefined || status === undefined) throw new Error('a store without named properties');
  const [PR_COLOUR, PR_TASK_STATUS] = [changePropType(colour, PT_UNICODE), changePropType(status, PT_LONG)];

  // What could not be set is told in the answer, as in SPropProblemArray; a wrong type does not compile.
  const problems = await message.setProps([
    prop(PR_COLOUR, 'green'),
    prop(PR_TASK_STATUS, 2),
    prop(PR_ENTRYID, new Uint8Array(4)),
  ]);
  console.log(problems.map(({ index, code }) => `${index}: ${code}`).join(', '));
  await message.saveChanges({ keepOpenReadWrite: true });

  console.log((await hrGetOneProp(message, PR_COLOUR)).value, await getProp(message, PR_TASK_STATUS));
  // A long value may be PT_ERROR with MAPI_E_NOT_ENOUGH_MEMORY in getProps: `props` has MAPI's form, `values` the plain one.
  const { props, values } = await message.getProps([PR_BODY, PR_COMMENT]);
  console.log(props.map((entry) => problemOf(entry) ?? 'a value').join(', '), values[1]);
  await using stream = await message.openProperty(PR_BODY, 'IStream');
  console.log(`as a stream it has ${(await stream.stat()).size} bytes`);

  await using copy = await inbox.createMessage();
  await message.copyTo(copy, [PR_SUBJECT]); // everything but
  console.log(`copied: ${await getProp(copy, PR_COLOUR)}, subject: ${await getProp(copy, PR_SUBJECT)}`);

  try {
    await store.openEntry(new Uint8Array(24)); // of nobody
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    console.log(`${error.code} ${hresultHex(error.hresult)}`);
    const last = await store.getLastError(error.hresult); // LPMAPIERROR, where there is one
    console.log(`GetLastError: ${last?.component}: ${last?.error}`);
  }
} finally {
  await endSession(session, { policy: 'leave' });
}
