/**
 * The drop folder of one mailbox, in the manner of a maildir.
 *
 * ```
 * <home>/local/<address>/tmp   being written
 *                       /new   waiting for the mailbox
 *                       /cur   being delivered into its store, under a claim
 *                       /done  a mark for each message delivered in the last days
 *                       /bad   set aside, each with its reason
 * ```
 * Invariants:
 * - What is in `new` is complete and on the disk.
 * - A message leaves `cur` only back to `new`, to `bad`, or after its mark is in `done`; nothing is deleted unread.
 * - A message whose mark is in `done` is not delivered again.
 */
import { join } from 'node:path';
import {
  type AppendFile,
  type Clock,
  type FileSystem,
  fileTimeToMs,
  type Log,
  MapiError,
  newGuid,
  type Random,
  utf8Encode,
} from '@nodemapi/base';
import { type Claim, type Claims, parseClaim } from './claim.ts';
import { folderName } from './drop-name.ts';

export interface DropFolderPorts {
  readonly home: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const SUBFOLDERS = ['tmp', 'new', 'cur', 'done', 'bad'] as const;
type Subfolder = (typeof SUBFOLDERS)[number];

/** How long a repeat of a message is recognised. */
const DONE_AGE_MS_MAX = 7 * 86_400_000;
/** What still lies in `tmp` then was left by a process that died. */
const TMP_AGE_MS_MAX = 86_400_000;

/** A message that is being written into a drop folder. */
export interface Drop {
  write(bytes: Uint8Array): Promise<void>;
  /** Makes it visible to the mailbox: complete and durable on return. */
  commit(): Promise<void>;
  /** Gives up; does nothing after `commit`. */
  discard(): Promise<void>;
}

export class DropFolder {
  readonly address: string;
  readonly #ports: DropFolderPorts;
  readonly #root: string;

  /** @param address in lower case */
  constructor(address: string, ports: DropFolderPorts) {
    this.address = address;
    this.#ports = ports;
    this.#root = join(ports.home, 'local', folderName(address));
  }

  exists(): Promise<boolean> {
    return this.#ports.files.exists(this.#path('new'));
  }

  /** Makes the folder if it is not there, and clears away what is too old to matter. */
  async create(): Promise<void> {
    for (const subfolder of SUBFOLDERS) await this.#ports.files.mkdir(this.#path(subfolder));
    await this.#removeOlder('tmp', TMP_AGE_MS_MAX);
    await this.#removeOlder('done', DONE_AGE_MS_MAX);
  }

  /** Whether a message has been delivered from here, or is about to be. */
  async hasTaken(name: string): Promise<boolean> {
    const { files } = this.#ports;
    if (await files.exists(this.#path('done', name))) return true;
    return (await files.list(this.#path('cur'))).some((entry) => parseClaim(entry)?.name === name);
  }

  /** Begins to write a message; one of the same name that still waits is replaced by it. */
  async begin(name: string): Promise<Drop> {
    const { files, random } = this.#ports;
    const path = this.#path('tmp', `${name}.${newGuid(random)}`);
    let file: AppendFile | undefined = await files.openAppend(path);
    const close = async (): Promise<void> => {
      const open = file;
      file = undefined;
      await open?.[Symbol.asyncDispose]();
    };
    let committed = false;
    return {
      write: async (bytes) => {
        await file?.write(bytes);
      },
      commit: async () => {
        await file?.sync();
        await close();
        await files.rename(path, this.#path('new', name));
        committed = true;
      },
      discard: async () => {
        await close();
        if (!committed) await this.#removeIfThere(path);
      },
    };
  }

  /** Names that wait, in the order of submission. */
  waiting(): Promise<readonly string[]> {
    return this.#ports.files.list(this.#path('new'));
  }

  /** Takes a waiting message for a logon; undefined if it is gone or was delivered before. */
  async claim(name: string, claims: Claims, token: string): Promise<ClaimedDrop | undefined> {
    const { files, log } = this.#ports;
    const from = this.#path('new', name);
    if (await this.hasTaken(name)) {
      if (!(await files.exists(this.#path('done', name)))) return undefined; // another one is at it
      log.info('drop was delivered before', { name });
      await this.#removeIfThere(from);
      return undefined;
    }
    const path = this.#path('cur', claims.nameFor(name, token));
    try {
      await files.rename(from, path);
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined; // another process was faster
      throw error;
    }
    return this.#claimed(name, path);
  }

  /** Puts back what was claimed by somebody who will not finish. */
  async takeBack(claims: Claims): Promise<void> {
    for (const entry of await this.#ports.files.list(this.#path('cur'))) {
      const claim = parseClaim(entry);
      if (claim !== undefined && claims.isOver(claim)) await this.#putBack(claim, this.#path('cur', entry));
    }
  }

  async #putBack(claim: Claim, path: string): Promise<void> {
    const { files, log } = this.#ports;
    log.warn('drop of an interrupted delivery', { name: claim.name, process: claim.process });
    try {
      if (await files.exists(this.#path('done', claim.name))) await files.remove(path);
      else await files.rename(path, this.#path('new', claim.name));
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error; // another process was faster
    }
  }

  #claimed(name: string, path: string): ClaimedDrop {
    const { files, log } = this.#ports;
    return {
      name,
      address: this.address,
      path,
      giveBack: () => files.rename(path, this.#path('new', name)),
      finish: async () => {
        // The message is in the store now: nothing that fails here may look like a failed delivery.
        try {
          await files.writeFileAtomic(this.#path('done', name), new Uint8Array());
        } catch (error) {
          log.warn('the mark of a delivery could not be written', { name, error });
        }
        try {
          await files.remove(path);
        } catch (error) {
          log.warn('a delivered drop could not be removed', { name, error });
        }
      },
      setAside: async (reason) => {
        await files.writeFileAtomic(this.#path('bad', `${name}.reason`), utf8Encode(`${reason}\n`));
        await files.rename(path, this.#path('bad', name));
      },
    };
  }

  async #removeOlder(subfolder: Subfolder, ageMs: number): Promise<void> {
    const { files, clock } = this.#ports;
    for (const entry of await files.list(this.#path(subfolder))) {
      const path = this.#path(subfolder, entry);
      try {
        const { modified } = await files.stat(path);
        if (clock.nowMs() - fileTimeToMs(modified) > ageMs) await files.remove(path);
      } catch (error) {
        if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
      }
    }
  }

  async #removeIfThere(path: string): Promise<void> {
    try {
      await this.#ports.files.remove(path);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
    }
  }

  #path(subfolder: Subfolder, name?: string): string {
    return name === undefined ? join(this.#root, subfolder) : join(this.#root, subfolder, name);
  }
}

/** A message in `cur` that belongs to one logon until one of the three is called. */
export interface ClaimedDrop {
  readonly name: string;
  readonly address: string;
  readonly path: string;
  /** Puts it back, to come again. */
  giveBack(): Promise<void>;
  /** It has been delivered; never rejects. */
  finish(): Promise<void>;
  /** It cannot be read: keeps it, with the reason beside it. */
  setAside(reason: string): Promise<void>;
}
