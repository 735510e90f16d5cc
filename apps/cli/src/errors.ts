/** How a failed command speaks: a sentence for people, the error object for programs. */
import { hresultHex, MapiError } from 'nodemapi';
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, UsageError } from './command.ts';
import type { Io } from './io.ts';
import { paint, printable } from './terminal.ts';

/** Prints an error and answers the exit code that belongs to it. */
export function report(io: Io, json: boolean, command: string, error: unknown): number {
  if (error instanceof UsageError) {
    if (json)
      io.out(JSON.stringify({ error: { code: 'USAGE', message: error.message, where: command } }, undefined, 2));
    else io.err(`mapi: ${error.message}\nTry: mapi ${command} --help`);
    return EXIT_USAGE;
  }
  const mapi = MapiError.is(error) ? error : MapiError.from(error, 'mapi');
  if (json) {
    io.out(
      JSON.stringify(
        { error: { code: mapi.code, hresult: hresultHex(mapi.hresult), message: mapi.detail, where: command } },
        undefined,
        2,
      ),
    );
  } else {
    const where = mapi.component === undefined || mapi.component === 'mapi' ? '' : ` [${mapi.component}]`;
    const colour = { ...io.terminal, colours: io.terminal.colours && io.errIsTerminal };
    io.err(`${paint(colour, 'red', 'mapi:')} ${printable(mapi.detail)} (${mapi.code})${where}`);
    if (io.environment.MAPI_TRACE === 'errors') io.err(String(mapi.stack));
  }
  return mapi.code === 'MAPI_E_USER_CANCEL' ? EXIT_INTERRUPTED : EXIT_FAILED;
}
