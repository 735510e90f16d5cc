/** A message that counts what was opened from it and not released. */
import type { IMessage, IUnknown } from '@nodemapi/mapi';

export interface CountedMessage {
  readonly message: IMessage;
  /** What is open still, by the method that opened it. */
  readonly open: () => readonly string[];
  /** How many objects were opened. */
  readonly opened: () => number;
}

/** Wraps a message, and everything that is opened from what is opened from it. */
export function countingOpens(target: IMessage): CountedMessage {
  const open = new Map<object, string>();
  let opened = 0;
  const watched = <T extends object>(object: T, isRoot: boolean): T =>
    new Proxy(object, {
      get: (own, name, proxy) => {
        const value: unknown = Reflect.get(own, name, own);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          if (!isRoot && (name === 'release' || name === Symbol.asyncDispose)) open.delete(proxy);
          return noted(await Reflect.apply(value, own, args), String(name));
        };
      },
    });
  const noted = (result: unknown, method: string): unknown => {
    if (isObject(result)) {
      const object = watched(result, false);
      open.set(object, method);
      opened++;
      return object;
    }
    const attach: unknown = (result as { readonly attach?: unknown } | null | undefined)?.attach;
    return isObject(attach) ? { ...(result as object), attach: noted(attach, method) } : result;
  };
  return { message: watched(target, true), open: () => [...open.values()], opened: () => opened };
}

function isObject(value: unknown): value is IUnknown {
  return typeof value === 'object' && value !== null && 'iid' in value;
}
