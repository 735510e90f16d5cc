/** TNEF streams (winmail.dat) as messages, for programs and the command line. */
import type { RandomAccess } from '@nodemapi/base';
import { isTnefLoss, readTnef, type TnefDiagnostic, tnefSource } from '@nodemapi/format-tnef';
import { openSourceMessage } from '@nodemapi/kit';
import { type IMessage, MapiError } from '@nodemapi/mapi';
import type { ImportOptions } from './mime.ts';
import { fillFromFile } from './msg.ts';

/** A message that lies in a TNEF stream. */
export interface OpenedTnef {
  /** May only be read; the caller releases it. */
  readonly message: IMessage;
  /** What was wrong with the stream. */
  readonly diagnostics: readonly TnefDiagnostic[];
}

/** A stream is read whole; a larger one is none of a mail. */
export const tnefBytesMax = 1024 * 1024 * 1024;

/**
 * Opens the message of a TNEF stream, which is read at once; its attachments share its bytes.
 *
 * @param signal ends the reading: no attachment is opened any more
 * @throws MAPI_E_CORRUPT_DATA if it is no TNEF stream; MAPI_E_TOO_BIG past 1 GB
 */
export async function openTnefMessage(source: RandomAccess, signal?: AbortSignal): Promise<OpenedTnef> {
  const size = await source.size();
  if (size > tnefBytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a TNEF stream of ${size} bytes`);
  const { diagnostics, ...message } = readTnef(await source.read(0, size));
  const opened = tnefSource(message);
  return { message: openSourceMessage(signal === undefined ? opened : { ...opened, signal }), diagnostics };
}

/** One thing that was wrong with a TNEF stream. */
export interface TnefImportDiagnostic {
  readonly code: TnefDiagnostic['code'] | 'propertyNotSet';
  readonly detail: string;
  /** Whether something of the content is missing. */
  readonly loss: boolean;
}

/**
 * Fills an unsaved message from a TNEF stream, such as a winmail.dat; saving it is the caller's.
 *
 * @returns what could not be read or set; nothing is lost silently
 * @throws MAPI_E_CORRUPT_DATA if it is no TNEF stream; MAPI_E_TOO_BIG past 1 GB
 */
export async function importTnef(
  source: RandomAccess,
  message: IMessage,
  options: ImportOptions = {},
): Promise<readonly TnefImportDiagnostic[]> {
  const opened = await openTnefMessage(source, options.signal);
  await using file = opened.message;
  const problems = await fillFromFile(file, message, options);
  const found = opened.diagnostics.map((each) => ({ code: each.code, detail: each.detail, loss: isTnefLoss(each) }));
  return [...found, ...problems];
}
