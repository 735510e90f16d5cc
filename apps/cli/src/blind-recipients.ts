/** --bcc and --no-bcc: what becomes of blind recipients in mail that is written to be filed. */
import type { ExportDiagnostic } from 'nodemapi';
import type { CommandOptions, OptionSpec } from './command.ts';

/** Written; left out as it should be; left out and told as missing, where nobody said which. */
export type BlindRecipients = 'write' | 'leaveOut' | 'tell';

export const BLIND_OPTIONS: readonly OptionSpec[] = [
  { flags: '--bcc', description: 'in eml and mbox: write blind recipients, too' },
  { flags: '--no-bcc', description: 'in eml and mbox: leave blind recipients out, which is no failure then' },
];

/** What is said once where blind recipients are missing and nobody said whether they should. */
export const BLIND_HINT = 'blind recipients stay out of files: --bcc writes them, --no-bcc says that it is meant';

export function blindOf(options: CommandOptions): BlindRecipients {
  return options.bcc === undefined ? 'tell' : options.bcc === true ? 'write' : 'leaveOut';
}

/** What counts of what a mail lacks. */
export function lackingOf(found: readonly ExportDiagnostic[], blind: BlindRecipients): readonly ExportDiagnostic[] {
  return blind === 'leaveOut' ? found.filter((one) => !isBlind(one)) : found;
}

export function isBlind({ code }: ExportDiagnostic): boolean {
  return code === 'blindRecipientLeftOut';
}
