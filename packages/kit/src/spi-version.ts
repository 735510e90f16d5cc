import { CURRENT_SPI_VERSION, MapiError, type ProviderHost } from '@nodemapi/mapi';

/**
 * What an entry point looks at first: whether the subsystem knows the SPI that the provider was written for. Of an older
 * provider the subsystem itself decides whether it can be used.
 *
 * @throws MAPI_E_VERSION for a subsystem that is older
 * @see spec: implementing-a-service-provider-entry-point-function
 */
export function assertSpiVersion({ mapiVersion }: ProviderHost, spiVersion: number = CURRENT_SPI_VERSION): void {
  if (mapiVersion >>> 16 >= spiVersion >>> 16) return;
  const versions = [spiVersion, mapiVersion].map((version) => `0x${version.toString(16).padStart(8, '0')}`);
  throw new MapiError('MAPI_E_VERSION', `written for version ${versions[0]} of the SPI, and this is ${versions[1]}`);
}
