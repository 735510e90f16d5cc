/**
 * Gives file descriptors back where the binding cannot finish its statements: SQLite keeps a closed connection, with its
 * three descriptors, until the last of its statements is collected, and statements are too small to make the collector
 * hurry. So it is asked to run after so many closes.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Closed connections that may wait for the collector: three descriptors each, far below the usual limit of 1,024. */
const closedConnectionsMax = 64;

/** Counts closes; made once for a binding. */
export class ClosedConnections {
  readonly #collect = collector();
  #count = 0;

  closed(): void {
    this.#count++;
    if (this.#count < closedConnectionsMax) return;
    this.#count = 0;
    this.#collect();
  }
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
