/** Where secret properties of profile sections are kept: never in the profile itself. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { join } from 'node:path';
import {
  bytesHavePrefix,
  concatBytes,
  type FileSystem,
  fromHex,
  MapiError,
  Mutex,
  type Random,
  toHex,
  utf8Decode,
  utf8Encode,
} from '@nodemapi/base';
import type { FileLocks } from './file-locks.ts';

/** Where the secrets of profiles are kept. */
export interface SecretStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, secret: string): Promise<void>;
  /** Forgets every secret whose key begins with `prefix`. */
  deletePrefix(prefix: string): Promise<void>;
  /** Copies every secret below `from` to the same key below `to`. */
  copyPrefix(from: string, to: string): Promise<void>;
}

/** `nmsc`, version 1; then the nonce (12 bytes), the tag (16) and the encrypted JSON object. */
const MAGIC = Uint8Array.of(0x6e, 0x6d, 0x73, 0x63, 1);
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/** Secrets in one file, AES-256-GCM, under a key that only the owner of the files can read. */
export class EncryptedFileSecrets implements SecretStore {
  readonly #files: FileSystem;
  readonly #random: Random;
  readonly #locks: FileLocks;
  readonly #home: string;
  readonly #mutex = new Mutex();

  constructor(home: string, files: FileSystem, random: Random, locks: FileLocks) {
    this.#home = home;
    this.#files = files;
    this.#random = random;
    this.#locks = locks;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#read()).get(key);
  }

  set(key: string, secret: string): Promise<void> {
    return this.#change((secrets) => void secrets.set(key, secret));
  }

  async deletePrefix(prefix: string): Promise<void> {
    if (!(await this.#files.exists(this.#path))) return;
    await this.#change((secrets) => {
      for (const key of secrets.keys()) if (key.startsWith(prefix)) secrets.delete(key);
    });
  }

  async copyPrefix(from: string, to: string): Promise<void> {
    if (!(await this.#files.exists(this.#path))) return;
    await this.#change((secrets) => {
      for (const [key, secret] of [...secrets]) {
        if (key.startsWith(from)) secrets.set(to + key.slice(from.length), secret);
      }
    });
  }

  get #path(): string {
    return join(this.#home, 'secrets.bin');
  }

  #change(edit: (secrets: Map<string, string>) => void): Promise<void> {
    return this.#mutex.run(async () => {
      await this.#files.mkdir(this.#home);
      await using _lock = await this.#locks.acquire(`${this.#path}.lock`);
      const secrets = await this.#read();
      edit(secrets);
      const bytes = this.#encrypt(await this.#key(), JSON.stringify(Object.fromEntries(secrets)));
      await this.#files.writeFileAtomic(this.#path, bytes, { mode: OWNER_ONLY });
    });
  }

  async #read(): Promise<Map<string, string>> {
    if (!(await this.#files.exists(this.#path))) return new Map();
    const text = this.#decrypt(await this.#key(), await this.#files.readFile(this.#path));
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  }

  async #key(): Promise<Uint8Array> {
    const path = join(this.#home, 'secrets.key');
    if (!(await this.#files.exists(path))) {
      const made = this.#random.bytes(KEY_BYTES);
      await this.#files.writeFileAtomic(path, utf8Encode(toHex(made)), { mode: OWNER_ONLY });
    }
    const key = fromHex(utf8Decode(await this.#files.readFile(path)).trim());
    if (key.length !== KEY_BYTES) throw new MapiError('MAPI_E_CORRUPT_DATA', `${path} is no key`);
    return key;
  }

  #encrypt(key: Uint8Array, text: string): Uint8Array {
    const nonce = this.#random.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const body = concatBytes([cipher.update(utf8Encode(text)), cipher.final()]);
    return concatBytes([MAGIC, nonce, cipher.getAuthTag(), body]);
  }

  #decrypt(key: Uint8Array, bytes: Uint8Array): string {
    const head = MAGIC.length + NONCE_BYTES + TAG_BYTES;
    if (bytes.length < head || !bytesHavePrefix(bytes, MAGIC)) {
      throw new MapiError('MAPI_E_CORRUPT_DATA', `${this.#path} is no file of secrets`);
    }
    const nonce = bytes.subarray(MAGIC.length, MAGIC.length + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAuthTag(bytes.subarray(MAGIC.length + NONCE_BYTES, head));
    try {
      return utf8Decode(concatBytes([decipher.update(bytes.subarray(head)), decipher.final()]));
    } catch (cause) {
      throw new MapiError('MAPI_E_CORRUPT_DATA', `${this.#path} does not fit its key`, { cause });
    }
  }
}
