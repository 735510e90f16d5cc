import { MapiError } from '@nodemapi/base';
import { MemoryStream, noSupport, PropBag, RefCounted, setPropList } from '@nodemapi/kit';
import {
  type CopyOptions,
  type CopyResult,
  errorTag,
  type GetPropsResult,
  type IMAPIProp,
  type InterfaceMap,
  type InterfaceName,
  type IProfSect,
  isSecureId,
  MAPI_PROFSECT,
  type MapiNameId,
  NAMED_ID_MIN,
  type OpenPropertyOptions,
  PR_OBJECT_TYPE,
  PR_PROFILE_NAME,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_FLAGS,
  type PropProblem,
  type PropTag,
  type PropValue,
  PT_BINARY,
  propId,
  propType,
  sameProperty,
} from '@nodemapi/mapi';
import {
  isInstanceSection,
  type Profile,
  type ProfileSection,
  SUBSYSTEM_SECTION,
  sectionOf,
  type UidText,
} from './profile.ts';
import type { ProfileStore } from './profile-store.ts';
import { propsFromJson, propsToJson, tagToText } from './prop-json.ts';
import type { SecretStore } from './secret-store.ts';
import type { SectionLocks } from './section-locks.ts';

/** What sections are made from. */
export interface SectionSource {
  readonly profiles: ProfileStore;
  readonly secrets: SecretStore;
  readonly sectionLocks: SectionLocks;
}

export interface SectionAccess {
  readonly modify: boolean;
  /** A provider opens its own section, in which PR_RESOURCE_FLAGS and PR_PROVIDER_DLL_NAME are MAPI's. */
  readonly byProvider: boolean;
}

const COMPUTED: readonly PropTag[] = [PR_OBJECT_TYPE, PR_PROFILE_NAME];
const READ_ONLY_TO_PROVIDERS: readonly PropTag[] = [PR_RESOURCE_FLAGS, PR_PROVIDER_DLL_NAME];

/**
 * Opens a section; with `modify` an unknown one is made.
 *
 * @throws MAPI_E_NOT_FOUND if there is none and `modify` is not set; MAPI_E_NO_ACCESS if a writer, or for a writer
 *   any other user, has it open, and for MAPI's own section
 */
export async function openSection(
  source: SectionSource,
  profileName: string,
  uid: UidText,
  access: SectionAccess,
): Promise<ProfSect> {
  if (uid === SUBSYSTEM_SECTION) {
    throw new MapiError('MAPI_E_NO_ACCESS', 'the section of MAPI itself is changed by its methods alone');
  }
  const giveUp = source.sectionLocks.acquire(profileName, uid, access.modify);
  try {
    const found = sectionOf(await source.profiles.read(profileName), uid) !== undefined;
    if (!found && !access.modify)
      throw new MapiError('MAPI_E_NOT_FOUND', `profile ${profileName} has no section ${uid}`);
    if (!found) await makeSection(source.profiles, profileName, uid);
    return new ProfSect(source, profileName, uid, access, giveUp);
  } catch (error) {
    giveUp();
    throw error;
  }
}

function makeSection(profiles: ProfileStore, profileName: string, uid: UidText): Promise<void> {
  return profiles.update(profileName, (profile) => {
    if (!profile.sections.has(uid)) profile.sections.set(uid, { props: new Map(), secrets: new Set() });
  });
}

/** Key of a secret: profile instance, section, tag. */
export function secretKey(profile: Profile, uid: UidText, tag?: PropTag): string {
  return `${profile.searchKey}/${uid}/${tag === undefined ? '' : tagToText(tag)}`;
}

/**
 * A profile section: nothing is buffered, each call reads or replaces what is on the disk.
 *
 * Secrets are answered only to whoever asks for them by tag. spec: iprofsectimapiprop
 */
export class ProfSect extends RefCounted implements IProfSect {
  readonly iid = 'IProfSect';
  readonly #source: SectionSource;
  readonly #profileName: string;
  readonly #uid: UidText;
  readonly #access: SectionAccess;
  readonly #giveUp: () => void;

  constructor(source: SectionSource, profileName: string, uid: UidText, access: SectionAccess, giveUp: () => void) {
    super();
    this.#source = source;
    this.#profileName = profileName;
    this.#uid = uid;
    this.#access = access;
    this.#giveUp = giveUp;
  }

  /** Does nothing: changes are there already. */
  async saveChanges(): Promise<void> {
    this.assertOpen();
  }

  async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    this.assertOpen();
    const profile = await this.#source.profiles.read(this.#profileName);
    const section = this.#sectionIn(profile);
    const bag = this.#bagOf(section);
    for (const wanted of tags ?? []) {
      const secret = [...section.secrets].find((tag) => sameProperty(tag, wanted));
      const value = secret === undefined ? undefined : await this.#readSecret(profile, secret);
      if (value !== undefined) bag.set(value.tag, value.value);
    }
    return bag.getProps(tags);
  }

  async getPropList(): Promise<readonly PropTag[]> {
    this.assertOpen();
    return this.#bagOf(this.#sectionIn(await this.#source.profiles.read(this.#profileName))).propList();
  }

  async setProps(values: readonly PropValue[]): Promise<readonly PropProblem[]> {
    this.#assertWritable();
    return this.#source.profiles.update(this.#profileName, async (profile) => {
      const section = this.#sectionIn(profile);
      const problems = named(this.#bagOf(section).setProps(values));
      const refused = new Set(problems.map((problem) => problem.index));
      for (const [index, value] of values.entries()) {
        if (refused.has(index) || value.tag === errorTag(value.tag)) continue;
        if (isSecureId(propId(value.tag))) await this.#writeSecret(profile, section, value);
        else section.props.set(propId(value.tag), value);
      }
      return problems;
    });
  }

  async deleteProps(tags: readonly PropTag[]): Promise<readonly PropProblem[]> {
    this.#assertWritable();
    return this.#source.profiles.update(this.#profileName, async (profile) => {
      const section = this.#sectionIn(profile);
      const problems = this.#bagOf(section).deleteProps(tags);
      const refused = new Set(problems.map((problem) => problem.index));
      for (const [index, tag] of tags.entries()) {
        if (refused.has(index)) continue;
        section.props.delete(propId(tag));
        await this.#deleteSecrets(profile, section, tag);
      }
      return problems;
    });
  }

  /** A binary as a stream. @throws MAPI_E_INTERFACE_NOT_SUPPORTED for other properties and interfaces */
  async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options: OpenPropertyOptions = {},
  ): Promise<InterfaceMap[I]> {
    this.assertOpen();
    if (iid !== 'IStream' || propType(tag) !== PT_BINARY) {
      throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `a profile section opens no ${iid} on ${tagToText(tag)}`);
    }
    const writable = options.modify === true || options.create === true;
    if (writable) this.#assertWritable();
    const { values } = await this.getProps([tag]);
    const found = values[0] as Uint8Array | undefined;
    if (found === undefined && options.create !== true) {
      throw new MapiError('MAPI_E_NOT_FOUND', `section ${this.#uid} has no ${tagToText(tag)}`);
    }
    const onCommit = async (bytes: Uint8Array): Promise<void> => void (await this.setProps([{ tag, value: bytes }]));
    const initial = options.create === true ? new Uint8Array() : found;
    // the interface was compared with IStream above, which does not narrow I
    return new MemoryStream(initial, { writable, onCommit }) as unknown as InterfaceMap[I];
  }

  /** Copies everything but secrets. */
  async copyTo(destination: IMAPIProp, exclude: readonly PropTag[] = []): Promise<CopyResult> {
    const tags = (await this.getPropList()).filter((tag) => !COMPUTED.includes(tag));
    return this.copyProps(
      tags.filter((tag) => !exclude.some((other) => sameProperty(tag, other))),
      destination,
    );
  }

  async copyProps(include: readonly PropTag[], destination: IMAPIProp, options: CopyOptions = {}): Promise<CopyResult> {
    if (include.length === 0) return { problems: [] };
    const kept =
      options.noReplace === true ? new Set((await destination.getPropList()).map(propId)) : new Set<number>();
    const { props } = await this.getProps(include);
    const values = props.filter((value) => value.tag !== errorTag(value.tag) && !kept.has(propId(value.tag)));
    const problems = values.length === 0 ? [] : await setPropList(destination, values);
    if (options.move === true) await this.deleteProps(values.map((value) => value.tag));
    return { problems };
  }

  async getNamesFromIDs(): Promise<readonly (MapiNameId | undefined)[]> {
    return noSupport('IProfSect.getNamesFromIDs');
  }

  async getIDsFromNames(): Promise<readonly (PropTag | undefined)[]> {
    return noSupport('IProfSect.getIDsFromNames');
  }

  protected override async onFinalRelease(): Promise<void> {
    this.#giveUp();
  }

  #assertWritable(): void {
    this.assertOpen();
    if (this.#access.modify && !isInstanceSection(this.#uid)) return;
    throw new MapiError('MAPI_E_NO_ACCESS', `section ${this.#uid} is open for reading`);
  }

  #sectionIn(profile: Profile): ProfileSection {
    const section = sectionOf(profile, this.#uid);
    if (section === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `section ${this.#uid} was deleted`);
    return section;
  }

  #bagOf(section: ProfileSection): PropBag {
    const locked = this.#access.byProvider ? [...COMPUTED, ...READ_ONLY_TO_PROVIDERS] : COMPUTED;
    const computed = (tag: PropTag): boolean => locked.some((other) => sameProperty(tag, other));
    const bag = new PropBag(section.props.values(), { computed, namedProperties: false });
    if (isInstanceSection(this.#uid)) return bag; // it holds PR_SEARCH_KEY and nothing else
    bag.set(PR_OBJECT_TYPE, MAPI_PROFSECT);
    bag.set(PR_PROFILE_NAME, this.#profileName);
    return bag;
  }

  async #readSecret(profile: Profile, tag: PropTag): Promise<PropValue | undefined> {
    const text = await this.#source.secrets.get(secretKey(profile, this.#uid, tag));
    return text === undefined ? undefined : propsFromJson(JSON.parse(text) as Record<string, unknown>)[0];
  }

  async #writeSecret(profile: Profile, section: ProfileSection, value: PropValue): Promise<void> {
    await this.#deleteSecrets(profile, section, value.tag);
    await this.#source.secrets.set(secretKey(profile, this.#uid, value.tag), JSON.stringify(propsToJson([value])));
    section.secrets.add(value.tag);
  }

  async #deleteSecrets(profile: Profile, section: ProfileSection, tag: PropTag): Promise<void> {
    for (const secret of [...section.secrets].filter((other) => sameProperty(tag, other))) {
      await this.#source.secrets.deletePrefix(secretKey(profile, this.#uid, secret));
      section.secrets.delete(secret);
    }
  }
}

/** AMB-44: an identifier of a named property is the problem MAPI_E_NO_SUPPORT. */
function named(problems: readonly PropProblem[]): readonly PropProblem[] {
  return problems.map((problem) =>
    propId(problem.tag) >= NAMED_ID_MIN ? { ...problem, code: 'MAPI_E_NO_SUPPORT' } : problem,
  );
}
