import type { IUnknown } from '@nodemapi/mapi';

/**
 * UlRelease: gives up a reference, if there is one.
 *
 * Answers what is left of it: nothing, 0. References are counted by their owners, so that no other count is told.
 *
 * spec: ulrelease
 */
export async function UlRelease(object: IUnknown | null | undefined): Promise<0> {
  await object?.release();
  return 0;
}

/**
 * UlAddRef: a further reference, in place of MAPI's count of them; null without an object.
 *
 * spec: uladdref
 */
export function UlAddRef<T extends IUnknown>(object: T | null | undefined): T | null {
  return object?.addRef() ?? null;
}
