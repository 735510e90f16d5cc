import { MapiError } from '@nodemapi/base';
import type { UidText } from './profile.ts';

interface Users {
  readers: number;
  writer: boolean;
}

/** Who has which profile section open: many readers, or one writer. spec: iprovideradmin-openprofilesection */
export class SectionLocks {
  readonly #users = new Map<string, Users>();

  /** Answers what gives the section up. @throws MAPI_E_NO_ACCESS if another user is in the way */
  acquire(profile: string, uid: UidText, modify: boolean): () => void {
    const key = `${profile}/${uid}`;
    const users = this.#users.get(key) ?? { readers: 0, writer: false };
    if (users.writer || (modify && users.readers > 0)) {
      const how = users.writer ? 'writing' : 'reading';
      throw new MapiError('MAPI_E_NO_ACCESS', `section ${uid} of profile ${profile} is open for ${how}`);
    }
    if (modify) users.writer = true;
    else users.readers++;
    this.#users.set(key, users);
    return () => this.#giveUp(key, users, modify);
  }

  /** Sections that are open. */
  get open(): number {
    return this.#users.size;
  }

  #giveUp(key: string, users: Users, modify: boolean): void {
    if (modify) users.writer = false;
    else users.readers--;
    if (users.readers === 0 && !users.writer) this.#users.delete(key);
  }
}
