/** Status objects: MAPI's own, and the way to the providers'. spec: imapistatusimapiprop */
import { MapiError } from '@nodemapi/base';
import { StatusObject } from '@nodemapi/kit';
import type { FlushOptions, IMAPIStatus, UserInterface, ValidateStateOptions } from '@nodemapi/mapi';
import type { SessionCore } from './session-core.ts';
import { ADDRESS_BOOK_ROW, SPOOLER_ROW, SUBSYSTEM_ROW } from './status-table.ts';

/** Opens the status object of a row. @throws MAPI_E_NOT_FOUND if the row is gone */
export async function openStatusObject(core: SessionCore, name: string): Promise<IMAPIStatus> {
  const row = core.status.row(name);
  if (row === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the status row is gone');
  if (name === SUBSYSTEM_ROW) return new StatusObject(row, { validateState: () => validateAll(core) });
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

async function validateAll(core: SessionCore): Promise<void> {
  await core.profile();
  for (const slot of core.openSlots()) {
    await using status = await slot.logon?.openStatusEntry();
    await status?.validateState(undefined, { suppressUi: true });
  }
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
