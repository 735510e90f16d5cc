/** Status objects: MAPI's own, and the way to the providers'. spec: imapistatusimapiprop */
import { MapiError } from '@nodemapi/base';
import { StatusObject } from '@nodemapi/kit';
import type { FlushOptions, IMAPIStatus, Row, UserInterface, ValidateStateOptions } from '@nodemapi/mapi';
import type { SessionCore } from './session-core.ts';
import { ADDRESS_BOOK_ROW, SPOOLER_ROW, SUBSYSTEM_ROW } from './status-table.ts';

/** Opens the status object of a row. @throws MAPI_E_NOT_FOUND if the row is gone */
export async function openStatusObject(core: SessionCore, name: string): Promise<IMAPIStatus> {
  const row = (): Row => core.status.row(name) ?? [];
  if (row().length === 0) throw new MapiError('MAPI_E_NOT_FOUND', 'the status row is gone');
  if (name === SUBSYSTEM_ROW) return new StatusObject(row, { validateState: (_ui, how) => validateAll(core, how) });
  if (name === ADDRESS_BOOK_ROW) return new StatusObject(row, { validateState: () => validateAddressBook(core) });
  if (name === SPOOLER_ROW) {
    return new StatusObject(row, {
      validateState: (_ui, options) => validateSpooler(core, options ?? {}),
      flushQueues: (ui, options) => flush(core, ui, options ?? {}),
    });
  }
  const logon = core.slotOfSection(name)?.logon;
  if (logon === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the provider of the status row is not logged on');
  return logon.openStatusEntry();
}

/** Every resource is looked at, whatever is wrong with others. @throws the first error, with its component */
async function validateAll(core: SessionCore, options: ValidateStateOptions = {}): Promise<void> {
  await core.profile();
  let first: MapiError | undefined;
  for (const { logon, ref } of core.openSlots()) {
    if (logon === undefined) continue;
    try {
      await using status = await logon.openStatusEntry();
      await status.validateState(undefined, { ...options, suppressUi: true });
    } catch (cause) {
      first ??= MapiError.from(cause, ref.displayName);
    }
  }
  if (first !== undefined) throw first;
}

async function validateAddressBook(core: SessionCore): Promise<void> {
  await core.profile();
  await core.addressBooks.retry(undefined);
}

async function validateSpooler(core: SessionCore, options: ValidateStateOptions): Promise<void> {
  const spooler = core.spooler();
  if (spooler === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'this session has no spooler');
  await core.spoolerReady();
  await core.transports.openAll();
  await spooler.validateState(options);
}

/** Asked for asynchronously, it goes on by itself and the caller is told that the spooler is busy. */
async function flush(core: SessionCore, ui: UserInterface | undefined, options: FlushOptions): Promise<void> {
  const spooler = core.spooler();
  if (spooler === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'this session has no spooler');
  await core.spoolerReady();
  const shown = options.noUi === true ? undefined : ui;
  const running = spooler.flushQueues(options, undefined, (done, total) => shown?.progress('Flush', done, total));
  if (options.asyncOk !== true) {
    await running;
    return;
  }
  core.inBackground(running, 'flush');
  throw new MapiError('MAPI_E_BUSY', 'the spooler is flushing the queues');
}
