/** X-MS-Attachment: the attachments of a mail without MIME. spec: message-envelope */
import { type FileTime, fileTimeFromDate, fileTimeToDate } from '@nodemapi/base';

/** What one header of that name says. */
export interface MsAttachment {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly time: FileTime;
}

/** `name size mm-dd-yyyy hh:mm`, in UTC. */
export function formatMsAttachment({ name, size, time }: MsAttachment): string {
  const iso = fileTimeToDate(time).toISOString();
  const [year, month, day] = iso.slice(0, 10).split('-');
  return `${name} ${size} ${month}-${day}-${year} ${iso.slice(11, 16)}`;
}

/** Reads it from the right, since a name may hold blanks; undefined if it is none. */
export function parseMsAttachment(value: string): MsAttachment | undefined {
  const found = /^(.*\S)\s+(\d{1,15})\s+(\d\d)-(\d\d)-(\d{4})\s+(\d\d):(\d\d)\s*$/.exec(value);
  if (found === null) return undefined;
  const [, name = '', size, month, day, year, hour, minute] = found;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return Number.isNaN(date.getTime()) ? undefined : { name, size: Number(size), time: fileTimeFromDate(date) };
}
