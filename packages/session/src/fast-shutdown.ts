/** Fast shutdown: the process ends without logging off, if every provider is ready for that. spec: fast-shutdown-overview */
import { type Log, MapiError } from '@nodemapi/base';
import { type IMAPIProviderShutdown, supportsFastShutdown } from '@nodemapi/mapi';
import type { ProviderObject } from './provider-objects.ts';
import type { FastShutdownPolicy } from './session-context.ts';

/** @throws MAPI_E_NO_SUPPORT if the policy or a provider refuses */
export async function queryFastShutdown(objects: readonly ProviderObject[], policy: FastShutdownPolicy): Promise<void> {
  if (policy === 2) throw new MapiError('MAPI_E_NO_SUPPORT', 'fast shutdown is forbidden here');
  for (const object of objects) {
    if (supportsFastShutdown(object.provider)) await query(object, object.provider);
    else if (policy === 1) throw refusal(object, undefined);
  }
}

/** Tells every provider that takes part; what one of them throws stops nothing. */
export async function notifyProcessShutdown(
  objects: readonly ProviderObject[],
  policy: FastShutdownPolicy,
  log: Log,
): Promise<void> {
  if (policy === 2) return;
  for (const { provider, component } of objects) {
    if (!supportsFastShutdown(provider)) continue;
    try {
      await provider.notifyProcessShutdown();
    } catch (error) {
      log.warn('provider failed when told of the shutdown', { component, error });
    }
  }
}

/** @throws MAPI_E_NO_SUPPORT if fast shutdown is not to be had, or a provider is not ready for an immediate exit */
export async function doFastShutdown(objects: readonly ProviderObject[], policy: FastShutdownPolicy): Promise<void> {
  await queryFastShutdown(objects, policy);
  for (const object of objects) {
    if (!supportsFastShutdown(object.provider)) continue;
    try {
      await object.provider.doFastShutdown();
    } catch (cause) {
      throw refusal(object, cause);
    }
  }
}

async function query(object: ProviderObject, provider: IMAPIProviderShutdown): Promise<void> {
  try {
    await provider.queryFastShutdown();
  } catch (cause) {
    throw refusal(object, cause);
  }
}

function refusal({ component }: ProviderObject, cause: unknown): MapiError {
  return new MapiError('MAPI_E_NO_SUPPORT', `${component} refuses fast shutdown`, { cause, component });
}
