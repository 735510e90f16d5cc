import { MapiError, withDeadline } from '@nodemapi/base';
import type { SpoolerHook } from '@nodemapi/kit';
import { HOOK_INBOUND, HOOK_OUTBOUND, type ISpoolerHook, MAPI_HOOK_PROVIDER, PR_RESOURCE_FLAGS } from '@nodemapi/mapi';
import { type Profile, providersOfType, sectionValue, uidBytes } from './profile.ts';
import { type ProviderRef, type ProviderSlot, providerRef } from './provider-slot.ts';
import type { SessionParts } from './session-context.ts';
import { Teardown } from './teardown.ts';

/** How long the end of a single hook may take while its session goes on. */
const hookEndMsMax = 10_000;

/**
 * The messaging hooks of a session, started when its spooler starts: a session without mail has none.
 *
 * A hook that cannot be started is out for this session; mail goes its way without it, and the session says so.
 */
export class MessagingHooks {
  readonly #parts: SessionParts;
  readonly #open = new Map<ProviderSlot, SpoolerHook>();
  #closed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Starts every hook of the profile that is for anything, and answers those that run, in profile order. */
  async openAll(): Promise<readonly SpoolerHook[]> {
    const profile = await this.#parts.profile();
    for (const uid of providersOfType(profile, MAPI_HOOK_PROVIDER)) {
      const ref = providerRef(profile, uid);
      if (ref !== undefined && !this.#closed) await this.#openOne(profile, ref);
    }
    return [...this.#open.values()];
  }

  async closeAll(teardown: Teardown): Promise<void> {
    this.#closed = true;
    const open = [...this.#open].reverse();
    this.#open.clear();
    for (const [slot, { displayName, hook }] of open) {
      await teardown.run(displayName, 'release of the hook', () => hook.release());
      await this.#parts.closeSlot(slot, teardown);
    }
  }

  async #openOne(profile: Profile, ref: ProviderRef): Promise<void> {
    const flags = sectionValue(profile, ref.uid, PR_RESOURCE_FLAGS) ?? 0;
    const [inbound, outbound] = [(flags & HOOK_INBOUND) !== 0, (flags & HOOK_OUTBOUND) !== 0];
    if ((!inbound && !outbound) || this.#parts.gate.isDisabled(ref.service)) return;
    const { clock, log, providerLogonTimeoutMs } = this.#parts.environment;
    const slot = this.#parts.openSlot(ref);
    try {
      const starting = this.#init(ref, slot, { inbound, outbound });
      const hook = await withDeadline(starting, providerLogonTimeoutMs, clock, `the start of ${ref.displayName}`);
      this.#open.set(slot, { displayName: ref.displayName, hook, inbound, outbound });
    } catch (error) {
      this.#parts.gate.note(ref, error);
      log.warn('messaging hook cannot be started', { hook: ref.displayName, error });
      await this.#parts.closeSlot(slot, new Teardown(clock, log, hookEndMsMax));
    }
  }

  async #init(
    ref: ProviderRef,
    slot: ProviderSlot,
    use: { readonly inbound: boolean; readonly outbound: boolean },
  ): Promise<ISpoolerHook> {
    const { admin, host, entryPoints } = this.#parts.environment;
    const { HPProviderInit: init } = await admin.modules.load(ref.module);
    if (typeof init !== 'function') throw wrong(ref, `${ref.module} exports no HPProviderInit`);
    const call = { host, support: slot.support, sectionUid: uidBytes(ref.uid), ...use };
    const hook = await entryPoints.run(ref.module, () => init(call));
    if (hook?.iid !== 'ISpoolerHook') throw wrong(ref, `${ref.module} made no hook`);
    if (!slot.closing && !this.#closed) return hook;
    await hook.release();
    throw new MapiError('MAPI_E_CANCEL', 'nobody waits for the hook any more', { component: ref.displayName });
  }
}

function wrong({ displayName: component }: ProviderRef, detail: string): MapiError {
  return new MapiError('MAPI_E_CALL_FAILED', detail, { component });
}
