/** Every interface of the contract by its name. */
import type { IABContainer, IDistList, IMailUser } from './ab-container.ts';
import type { IABLogon, IABProvider } from './ab-provider.ts';
import type { IAddrBook } from './addr-book.ts';
import type { IMAPIContainer } from './container.ts';
import type { IConverterSession } from './converter-session.ts';
import type { IMAPIFolder } from './folder.ts';
import type { IMAPIInitMonitor, IMAPIWaitResult } from './init-monitor.ts';
import type { IAttach, IMessage } from './message.ts';
import type { IMSLogon, IMSProvider } from './ms-provider.ts';
import type { IMsgServiceAdmin, IProviderAdmin } from './msg-service-admin.ts';
import type { IMsgStore } from './msg-store.ts';
import type { IProfAdmin } from './prof-admin.ts';
import type { IProfSect } from './prof-sect.ts';
import type { IMAPISession } from './session.ts';
import type { ISpoolerHook } from './spooler-hook.ts';
import type { IMAPIStatus } from './status.ts';
import type { IStorage, IStream } from './stream.ts';
import type { IMAPISupport } from './support.ts';
import type { IMAPITable } from './table.ts';
import type { IPropData, ITableData } from './table-data.ts';
import type { ITnef } from './tnef.ts';
import type { IXPLogon, IXPProvider } from './xp-provider.ts';

/** Every interface that an object can have as its own, by name. */
export interface InterfaceMap {
  IABContainer: IABContainer;
  IABLogon: IABLogon;
  IABProvider: IABProvider;
  IAddrBook: IAddrBook;
  IAttach: IAttach;
  IConverterSession: IConverterSession;
  IDistList: IDistList;
  /** That of a container for searches in an address book; folders, lists and other containers inherit it. */
  IMAPIContainer: IMAPIContainer;
  IMAPIFolder: IMAPIFolder;
  IMAPIInitMonitor: IMAPIInitMonitor;
  IMAPISession: IMAPISession;
  IMAPIStatus: IMAPIStatus;
  IMAPISupport: IMAPISupport;
  IMAPITable: IMAPITable;
  IMAPIWaitResult: IMAPIWaitResult;
  IMSLogon: IMSLogon;
  IMSProvider: IMSProvider;
  IMailUser: IMailUser;
  IMessage: IMessage;
  IMsgServiceAdmin: IMsgServiceAdmin;
  IMsgStore: IMsgStore;
  IProfAdmin: IProfAdmin;
  IProfSect: IProfSect;
  IPropData: IPropData;
  IProviderAdmin: IProviderAdmin;
  ISpoolerHook: ISpoolerHook;
  IStorage: IStorage;
  IStream: IStream;
  /** An IStream that has a compound file in it; such an object says that it is an IStream. */
  IStreamDocfile: IStream;
  ITableData: ITableData;
  ITnef: ITnef;
  IXPLogon: IXPLogon;
  IXPProvider: IXPProvider;
}
/** Name of an interface; what an `iid` is. */
export type InterfaceName = keyof InterfaceMap;
