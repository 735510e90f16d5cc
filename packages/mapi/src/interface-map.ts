/** Every interface of the contract by its name. */
import type { IABContainer, IDistList, IMailUser } from './ab-container.ts';
import type { IABLogon, IABProvider } from './ab-provider.ts';
import type { IAddrBook } from './addr-book.ts';
import type { IMAPIFolder } from './folder.ts';
import type { IAttach, IMessage } from './message.ts';
import type { IMSLogon, IMSProvider } from './ms-provider.ts';
import type { IMsgServiceAdmin, IProviderAdmin } from './msg-service-admin.ts';
import type { IMsgStore } from './msg-store.ts';
import type { IProfAdmin } from './prof-admin.ts';
import type { IProfSect } from './prof-sect.ts';
import type { IMAPISession } from './session.ts';
import type { IMAPIStatus } from './status.ts';
import type { IStorage, IStream } from './stream.ts';
import type { IMAPISupport } from './support.ts';
import type { IMAPITable } from './table.ts';
import type { IPropData, ITableData } from './table-data.ts';
import type { IXPLogon, IXPProvider } from './xp-provider.ts';

export interface InterfaceMap {
  IABContainer: IABContainer;
  IABLogon: IABLogon;
  IABProvider: IABProvider;
  IAddrBook: IAddrBook;
  IAttach: IAttach;
  IDistList: IDistList;
  IMAPIFolder: IMAPIFolder;
  IMAPISession: IMAPISession;
  IMAPIStatus: IMAPIStatus;
  IMAPISupport: IMAPISupport;
  IMAPITable: IMAPITable;
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
  IStorage: IStorage;
  IStream: IStream;
  ITableData: ITableData;
  IXPLogon: IXPLogon;
  IXPProvider: IXPProvider;
}
export type InterfaceName = keyof InterfaceMap;
