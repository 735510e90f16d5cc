/** Transports whose mail is looked at before it is fetched. spec: writing-a-remote-viewer */
import type { IMAPIFolder } from './folder.ts';
import type { IXPLogon } from './xp-provider.ts';

/** The logon of a transport that can show what waits at its source. */
export interface RemoteXPLogon extends IXPLogon {
  /**
   * Opens the header folder, which MAPI has by QueryInterface of the status object: a contents table of what waits, and
   * marks by `setMessageStatus`. While there is one, STATUS_REMOTE_ACCESS is set in the status row.
   *
   * @throws MAPI_E_NO_SUPPORT while the transport fetches everything by itself
   */
  openHeaderFolder(): Promise<IMAPIFolder>;
}

/** Whether a transport may have a header folder. */
export function supportsHeaders(logon: IXPLogon): logon is RemoteXPLogon {
  return 'openHeaderFolder' in logon && typeof logon.openHeaderFolder === 'function';
}
