import type { MethodSpec } from '@nodemapi/mapi';

/** What the membrane has to know of a method, looked up once. */
export interface MethodPlan extends MethodSpec {
  /** Registrations and the last error are the membrane's own work. */
  readonly kind: 'plain' | 'advise' | 'unadvise' | 'getLastError';
  /** Its answer is one object. */
  readonly answersObject: boolean;
  /** Its answer has an object or a registration in it, whose opener is to be remembered. */
  readonly opens: boolean;
  /** Its first argument is the identifier of what it opens or listens to. */
  readonly opensById: boolean;
  /** Where its answer says `complete`, its object is at its end (LOGOFF-42). */
  readonly endsStore: boolean;
}

const ANSWERS_OBJECT: ReadonlySet<string> = new Set([
  'adminProviders',
  'adminServices',
  'createEntry',
  'createFolder',
  'createMessage',
  'getAttachmentTable',
  'getContentsTable',
  'getHierarchyTable',
  'getMsgServiceTable',
  'getMsgStoresTable',
  'getOutgoingQueue',
  'getProfileTable',
  'getProviderTable',
  'getReceiveFolderTable',
  'getRecipientTable',
  'getStatusTable',
  'hrGetView',
  'openAttach',
  'openEntry',
  'openMsgStore',
  'openProfileSection',
  'openProperty',
  'openStorage',
  'openStream',
]);
const OPENS_BY_ID: ReadonlySet<string> = new Set(['advise', 'openEntry', 'openMsgStore']);
const HOLDS_OBJECT: ReadonlySet<string> = new Set(['advise', 'createAttach', 'openAddressBook']);

export function planOf(spec: MethodSpec): MethodPlan {
  const answersObject = ANSWERS_OBJECT.has(spec.name);
  const opens = answersObject || HOLDS_OBJECT.has(spec.name);
  return {
    ...spec,
    kind: kindOf(spec.name),
    answersObject,
    opens,
    opensById: OPENS_BY_ID.has(spec.name),
    endsStore: spec.name === 'storeLogoff',
  };
}

function kindOf(name: string): MethodPlan['kind'] {
  return name === 'advise' || name === 'unadvise' || name === 'getLastError' ? name : 'plain';
}
