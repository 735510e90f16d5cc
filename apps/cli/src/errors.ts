/** How a failed command speaks: a sentence for people, the error object for programs. */
import { hresultHex, isTraced, MapiError } from 'nodemapi';
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, UsageError } from './command.ts';
import type { Io } from './io.ts';
import { paint, printable } from './terminal.ts';

/** The error object of the command line's contract. */
function printError(io: Io, { code, hresult, detail }: MapiError, where: string): void {
  io.out(JSON.stringify({ error: { code, hresult: hresultHex(hresult), message: detail, where } }, undefined, 2));
}

/** Prints an error and answers the exit code that belongs to it. */
export function report(io: Io, json: boolean, command: string, error: unknown): number {
  if (error instanceof UsageError) {
    if (json) printError(io, new MapiError('MAPI_E_INVALID_PARAMETER', error.message), command);
    else io.err(`mapi: ${error.message}\nTry: mapi ${command === '' ? '' : `${command} `}--help`);
    return EXIT_USAGE;
  }
  const mapi = MapiError.is(error) ? error : MapiError.from(error, 'mapi');
  if (json) printError(io, mapi, command);
  else {
    const where = mapi.component === undefined || mapi.component === 'mapi' ? '' : ` [${mapi.component}]`;
    const colour = { ...io.terminal, colours: io.terminal.colours && io.errIsTerminal };
    io.err(`${paint(colour, 'red', 'mapi:')} ${printable(mapi.detail)} (${mapi.code})${where}`);
    if (isTraced(io.environment.MAPI_TRACE, 'errors')) io.err(String(mapi.stack));
  }
  return mapi.code === 'MAPI_E_USER_CANCEL' ? EXIT_INTERRUPTED : EXIT_FAILED;
}
