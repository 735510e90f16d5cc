import type { IMAPISupport, UserInterface } from '@nodemapi/mapi';

/** A support object that notes which of its methods are called. */
export function watchedSupport(support: IMAPISupport): { readonly support: IMAPISupport; readonly calls: string[] } {
  const calls: string[] = [];
  const watched: IMAPISupport = new Proxy(support, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        calls.push(String(name));
        const result: unknown = Reflect.apply(value, target, args);
        return result === target ? watched : result; // addRef
      };
    },
  });
  return { support: watched, calls };
}

/** A user whom nobody may ask. */
export function forbiddenUser(): UserInterface {
  const asked = async (question: string): Promise<never> => {
    throw new TypeError(`the user was asked: ${question}`);
  };
  return { confirm: asked, choose: asked, prompt: asked, progress: () => {} };
}
