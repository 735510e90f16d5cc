/** How often the parts of the subsystem were brought up. spec: mapiinitialize, ending-a-mapi-session */
import { MapiError } from '@nodemapi/base';

export class InitCounts {
  #mapi = 0;
  #ole = 0;
  #util = 0;
  /** OLE was up when MAPI went down. */
  #oleIsLate = false;
  #isOver = false;

  get mapi(): number {
    return this.#mapi;
  }

  get ole(): number {
    return this.#ole;
  }

  get util(): number {
    return this.#util;
  }

  /** MAPI went down while OLE was up: the wrong order, which the next OleUninitialize refuses. */
  get oleIsLate(): boolean {
    return this.#oleIsLate;
  }

  /** DoFastShutdown: MAPI is over in this process. */
  close(): void {
    this.#isOver = true;
    this.#mapi = 0;
    this.#ole = 0;
    this.#util = 0;
  }

  /** @throws MAPI_E_NOT_INITIALIZED after a fast shutdown */
  assertNotOver(what: string): void {
    if (this.#isOver) throw missing(`${what} after a fast shutdown: MAPI is over in this process`);
  }

  enterMapi(): void {
    this.#mapi++;
  }

  /** Whether that was the last one; one too many does nothing. */
  leaveMapi(): boolean {
    if (this.#mapi === 0) return false;
    this.#mapi--;
    if (this.#mapi === 0) this.#oleIsLate = this.#ole > 0;
    return this.#mapi === 0;
  }

  enterOle(): void {
    this.assertNotOver('OleInitialize');
    this.#ole++;
  }

  leaveOle(): void {
    if (this.#ole === 0) throw missing('OleUninitialize without OleInitialize');
    this.#ole--;
    if (this.#mapi > 0 || !this.#oleIsLate) return;
    this.#oleIsLate = this.#ole > 0;
    throw missing('OleUninitialize after MAPIUninitialize: it has to come before');
  }

  /** `leaveOle`, if there is something to leave. Whether there was. */
  undoOle(): boolean {
    if (this.#ole === 0) return false;
    this.leaveOle();
    return true;
  }

  enterUtil(flags: number): void {
    this.assertNotOver('ScInitMapiUtil');
    if (flags !== 0) throw new MapiError('MAPI_E_UNKNOWN_FLAGS', 'ScInitMapiUtil: its flags are reserved');
    this.#util++;
  }

  leaveUtil(): void {
    if (this.#util === 0) throw missing('DeinitMapiUtil without ScInitMapiUtil');
    this.#util--;
  }

  /** `leaveUtil`, if there is something to leave. Whether there was. */
  undoUtil(): boolean {
    if (this.#util === 0) return false;
    this.leaveUtil();
    return true;
  }

  /** @throws MAPI_E_NOT_INITIALIZED */
  assertMapi(what: string): void {
    this.assertNotOver(what);
    if (this.#mapi === 0) throw missing(`${what} before MAPIInitialize`);
  }

  /** MAPIInitialize brings the utilities with it. @throws MAPI_E_NOT_INITIALIZED */
  assertUtilities(what: string): void {
    if (this.#mapi === 0 && this.#util === 0) throw missing(`${what} before MAPIInitialize or ScInitMapiUtil`);
  }
}

function missing(detail: string): MapiError {
  return new MapiError('MAPI_E_NOT_INITIALIZED', detail);
}
