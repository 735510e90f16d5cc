/** How busy the clients of a subsystem are: what waits until nothing else is to be done asks this. */
export class Foreground {
  /** Calls of clients that run. */
  running = 0;
  /** Calls of clients that were begun, ever. */
  begun = 0;
}
