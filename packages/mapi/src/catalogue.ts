/**
 * The catalogue of message services that can be put into a profile: mapisvc, in a JSON form.
 *
 * A library is loaded only if the catalogue names it (decision D11). spec: file-format-of-mapisvc-inf
 */

/** One configuration value of a service, as `mapi service add NAME key=value` takes it. */
export interface CatalogueOption {
  /** Property tag in the provider's profile section, `0xIIIITTTT`; 0x67F0–0x67FF are secrets. */
  readonly tag: string;
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string;
}

/** One provider of a message service, as the catalogue describes it. */
export interface CatalogueProvider {
  /** PR_DISPLAY_NAME */
  readonly displayName: string;
  /** PR_PROVIDER_DISPLAY */
  readonly providerDisplay: string;
  /** PR_PROVIDER_DLL_NAME: the package that exports the entry points. */
  readonly module: string;
  /** PR_RESOURCE_TYPE */
  readonly resourceType: 'MAPI_STORE_PROVIDER' | 'MAPI_AB_PROVIDER' | 'MAPI_TRANSPORT_PROVIDER' | 'MAPI_HOOK_PROVIDER';
  /** PR_RESOURCE_FLAGS, by name (STATUS_…). */
  readonly resourceFlags: readonly string[];
  /** Further properties of the section: tag in hex → value. */
  readonly props?: Readonly<Record<string, string | number | boolean>>;
}

/** A section of a service beside those of its providers: what `Sections=` lists. */
export interface CatalogueSection {
  /** Its MAPIUID in hexadecimal, by which the service finds it; UID= */
  readonly uid: string;
  /** Tag in hex → value. */
  readonly props: Readonly<Record<string, string | number | boolean>>;
}

/** One message service of the catalogue: what is made in a profile when it is added. */
export interface CatalogueService {
  readonly displayName: string;
  /** The package that exports `ServiceEntry`; a service without one cannot be configured. */
  readonly module?: string;
  /** PR_RESOURCE_FLAGS of the service, by name (SERVICE_…). */
  readonly resourceFlags: readonly string[];
  readonly providers: readonly CatalogueProvider[];
  /** Further properties of the service's own section: tag in hex → value. */
  readonly props?: Readonly<Record<string, string | number | boolean>>;
  /** Extra sections; PR_SERVICE_EXTRA_UIDS lists them. */
  readonly sections?: readonly CatalogueSection[];
  /** PR_SERVICE_SUPPORT_FILES, PR_SERVICE_DELETE_FILES */
  readonly supportFiles?: readonly string[];
  readonly deleteFiles?: readonly string[];
  /** [Help File Mappings] */
  readonly helpFile?: string;
  /** Key → option. */
  readonly options: Readonly<Record<string, CatalogueOption>>;
}

/** MAPI: mapisvc.inf. */
export interface Catalogue {
  /** [Services]: name (PR_SERVICE_NAME) → service. */
  readonly services: Readonly<Record<string, CatalogueService>>;
  /** [Default Services]: names, in the order in which they go into a new profile. */
  readonly defaultServices: readonly string[];
}
