/** The incoming message as a transport sees it: it remembers whether it was saved, which is the act of delivery. */
import type { IMessage, SaveChangesOptions } from '@nodemapi/mapi';

export interface SavedMessage {
  /** What the transport gets. */
  readonly message: IMessage;
  readonly isSaved: () => boolean;
}

/**
 * Wraps `target`, which stays the caller's: it is kept open through every save, so that it can still be asked about
 * itself, and a release by the transport does nothing.
 *
 * @param beforeSave runs within the transport's `saveChanges`; what it throws, that throws
 */
export function watchSaving(target: IMessage, beforeSave: () => Promise<void>): SavedMessage {
  let saved = false;
  const own: Partial<Record<PropertyKey, unknown>> = {
    saveChanges: async (options: SaveChangesOptions = {}) => {
      await beforeSave();
      await target.saveChanges({ ...options, keepOpenReadOnly: false, keepOpenReadWrite: true });
      saved = true;
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
  return { message, isSaved: () => saved };
}
