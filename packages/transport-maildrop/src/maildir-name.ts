/** Names of files in a maildir: a unique name and, after `:2,`, flags in the order of their letters. */

export interface MaildirName {
  /** As it is on the disk. */
  readonly fileName: string;
  /** The same in `new` and in `cur`, whatever the flags. */
  readonly unique: string;
  readonly flags: string;
}

/** What separates the flags; Windows allows no colon in names, where programs write `;` or `!`. */
const INFO = /^(.+?)([:;!])2,([A-Za-z]*)$/su;

/** @returns undefined for a name that is of no message: one that begins with a dot */
export function parseMaildirName(fileName: string): MaildirName | undefined {
  if (fileName.startsWith('.')) return undefined;
  const [, unique, , flags] = INFO.exec(fileName) ?? [];
  return { fileName, unique: unique ?? fileName, flags: flags ?? '' };
}

/** The name with these flags as well. */
export function withFlags({ fileName, unique, flags }: MaildirName, more: string): string {
  const separator = INFO.exec(fileName)?.[2] ?? (process.platform === 'win32' ? ';' : ':');
  return `${unique}${separator}2,${[...new Set(flags + more)].sort().join('')}`;
}
