/** QueryInterface: an object by another of its interfaces. spec: implementing-iunknown-in-c-plus-plus */
import { MapiError } from '@nodemapi/base';
import type { InterfaceMap, InterfaceName } from './interface-map.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { IUnknown } from './unknown.ts';

/** Every interface that can be asked for, those that no object has as its own included. */
export interface QueryInterfaceMap extends InterfaceMap {
  IMAPIProp: Omit<IMAPIProp, 'iid' | 'addRef'> & IUnknown;
  IUnknown: IUnknown;
}

type InheritedName = Exclude<keyof QueryInterfaceMap, InterfaceName> | 'IMAPIContainer';

const PROP: readonly InheritedName[] = ['IMAPIProp', 'IUnknown'];
const CONTAINER: readonly InheritedName[] = ['IMAPIContainer', ...PROP];
const UNKNOWN: readonly InheritedName[] = ['IUnknown'];

/** What each interface inherits from, nearest first. */
export const INHERITED_INTERFACES: Readonly<Record<InterfaceName, readonly InheritedName[]>> = {
  IABContainer: CONTAINER,
  IABLogon: UNKNOWN,
  IABProvider: UNKNOWN,
  IAddrBook: PROP,
  IAttach: PROP,
  IConverterSession: UNKNOWN,
  IDistList: CONTAINER,
  IMAPIContainer: PROP,
  IMAPIFolder: CONTAINER,
  IMAPIInitMonitor: UNKNOWN,
  IMAPISession: UNKNOWN,
  IMAPIStatus: PROP,
  IMAPISupport: UNKNOWN,
  IMAPITable: UNKNOWN,
  IMAPIWaitResult: UNKNOWN,
  IMSLogon: UNKNOWN,
  IMSProvider: UNKNOWN,
  IMailUser: PROP,
  IMessage: PROP,
  IMsgServiceAdmin: UNKNOWN,
  IMsgStore: PROP,
  IProfAdmin: UNKNOWN,
  IProfSect: PROP,
  IPropData: PROP,
  IProviderAdmin: UNKNOWN,
  ISpoolerHook: UNKNOWN,
  IStorage: UNKNOWN,
  IStream: UNKNOWN,
  IStreamDocfile: UNKNOWN,
  ITableData: UNKNOWN,
  ITnef: UNKNOWN,
  IXPLogon: UNKNOWN,
  IXPProvider: UNKNOWN,
};

/** Whether an object has an interface: its own, or one that this inherits from. */
export function hasInterface<I extends keyof QueryInterfaceMap>(
  object: IUnknown,
  iid: I,
): object is IUnknown & QueryInterfaceMap[I] {
  const inherited: readonly string[] = INHERITED_INTERFACES[object.iid] ?? UNKNOWN;
  return object.iid === iid || inherited.includes(iid);
}

/**
 * MAPI: QueryInterface. Answers the same object by the interface `iid`, as a reference of its own, which the caller
 * releases.
 *
 * @throws MAPI_E_INTERFACE_NOT_SUPPORTED (E_NOINTERFACE) if the object does not have it; MAPI_E_INVALID_PARAMETER
 *   (E_INVALIDARG) without an object or an interface
 */
export function queryInterface<I extends keyof QueryInterfaceMap>(object: IUnknown, iid: I): QueryInterfaceMap[I] {
  if (typeof object?.addRef !== 'function' || typeof iid !== 'string' || iid.length === 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'queryInterface without an object, or without an interface');
  }
  if (hasInterface(object, iid)) return object.addRef();
  throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `an ${object.iid} has no interface ${iid}`);
}

/**
 * Looks, before an object is opened, whether it will have the interface asked for; undefined asks for its own.
 *
 * @throws MAPI_E_INTERFACE_NOT_SUPPORTED
 */
export function assertInterface(offered: InterfaceName, wanted: string | undefined): void {
  const inherited: readonly string[] = INHERITED_INTERFACES[offered];
  if (wanted === undefined || wanted === offered || inherited.includes(wanted)) return;
  throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `an ${offered} is no ${wanted}`);
}
