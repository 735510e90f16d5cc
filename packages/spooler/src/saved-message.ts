/** The incoming message as a transport sees it: it remembers whether it was saved, which is the act of delivery. */
import { createHash } from 'node:crypto';
import {
  type IMessage,
  type IMsgStore,
  type SaveChangesOptions,
  type StartMessageOptions,
  supportsReceiving,
} from '@nodemapi/mapi';

export interface SavedMessage {
  /** What the transport gets. */
  readonly message: IMessage;
  readonly recognise: NonNullable<StartMessageOptions['recognise']>;
  readonly isSaved: () => boolean;
  /** Another reception has saved the message of this source before. */
  readonly isKnown: () => boolean;
  /** It was to be saved, and is dropped: it has arrived, and nobody gets it. */
  readonly isDropped: () => boolean;
}

/**
 * Wraps `target`, which stays the caller's: it is kept open through every save, so that it can still be asked about
 * itself, and a release by the transport does nothing. If the transport names the source of the message, the first save
 * tells the store, where that remembers sources; it saves nothing of a message that is there already.
 *
 * @param beforeSave runs within the transport's first `saveChanges`, which saves nothing if it says so, and no later one
 *   does; what it throws, that throws
 */
export function watchSaving(
  target: IMessage,
  store: IMsgStore,
  beforeSave: () => Promise<'save' | 'drop'>,
): SavedMessage {
  let saved = false;
  let known = false;
  let verdict: 'save' | 'drop' | undefined;
  let sources: readonly Uint8Array[] = [];
  const save = async (options: SaveChangesOptions): Promise<void> => {
    verdict ??= await beforeSave();
    if (verdict === 'drop') return;
    if (!saved && sources.length > 0 && supportsReceiving(store)) {
      saved = await store.saveReceived(target, sources);
      known = !saved;
      return;
    }
    await target.saveChanges({ ...options, keepOpenReadOnly: false, keepOpenReadWrite: true, fromTransport: true });
    saved = true;
  };
  const own: Partial<Record<PropertyKey, unknown>> = {
    saveChanges: async (options: SaveChangesOptions = {}) => {
      if (!known) await save(options);
    },
    release: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const message = new Proxy(target, {
    get: (object, name) => {
      if (Object.hasOwn(own, name)) return own[name];
      const value: unknown = Reflect.get(object, name, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
  const recognise = async (...names: readonly string[]): Promise<boolean> => {
    sources = names.map(sourceKey);
    const [first] = sources;
    known = first !== undefined && supportsReceiving(store) && (await store.hasReceived(first));
    return known;
  };
  const isDropped = (): boolean => verdict === 'drop';
  return { message, recognise, isSaved: () => saved, isKnown: () => known, isDropped };
}

/** A name of any length as the store keeps it. */
export function sourceKey(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(name).digest());
}
