/** What a session tells its members of itself. */
import { MapiError } from '@nodemapi/base';
import type { AdviseHub } from '@nodemapi/kit';
import {
  type AdviseConnection,
  fnevCriticalError,
  fnevExtended,
  HRESULTS,
  type IMAPIAdviseSink,
  type Notification,
} from '@nodemapi/mapi';

/** Event of the extended notification that tells the others of a member's logoff. */
export const SESSION_MEMBER_LEFT = 0x4c45_4654;
/** Session sinks hear nothing else, whatever their mask. */
const SESSION_EVENTS = (fnevCriticalError | fnevExtended) >>> 0;
const END_OF_SESSION: Notification = {
  kind: 'criticalError',
  entryId: null,
  scode: HRESULTS.MAPI_E_END_OF_SESSION,
};

export class SessionEvents {
  readonly #hub: AdviseHub;
  #endings = 0;

  constructor(hub: AdviseHub) {
    this.#hub = hub;
  }

  /** How often its members were asked to log off; once they were, nobody joins it any more. */
  get endings(): number {
    return this.#endings;
  }

  /** Registers for events of the session itself. @throws MAPI_E_NO_SUPPORT for events that it does not raise */
  advise(mask: number, sink: IMAPIAdviseSink): AdviseConnection {
    if ((mask & SESSION_EVENTS) === 0) throw new MapiError('MAPI_E_NO_SUPPORT', 'a session raises no such events');
    return this.#hub.advise(null, ((mask & SESSION_EVENTS) | fnevCriticalError) >>> 0, sink);
  }

  /** Asks the members to log off. */
  notifyEnd(): void {
    this.#endings++;
    this.#hub.notify(null, [END_OF_SESSION]);
  }

  /** The same for one registration, of a member that had none when the others were asked. */
  repeatEnd(connection: number): void {
    this.#hub.notifyOne(connection, END_OF_SESSION);
  }

  /** Tells the others that a member has left. */
  notifyMemberLeft(): void {
    this.#hub.notify(null, [{ kind: 'extended', event: SESSION_MEMBER_LEFT, parameters: new Uint8Array() }]);
  }
}
