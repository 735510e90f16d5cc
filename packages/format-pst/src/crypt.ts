/**
 * The two ways in which data blocks are encoded. Neither is a secret: both undo themselves with the tables below.
 *
 * [MS-PST] 5.1, 5.2
 */
import { assert, fromHex } from '@nodemapi/base';

export type PstEncoding = 'none' | 'permute' | 'cyclic';

/** mpbbR: byte to encoded byte. */
const FORWARD = fromHex(
  [
    '41361362a8216ebbf416cc047f64e85d1ef2cb2a74c55e35d295479e962d9a88',
    '4c7d843fdbac31b6485ff6c4d8398be7233b388ec8c1df25b120a546604e9cfb',
    'aad35651457c550007c92b9d859b09a08fadb30f63ab894bd7a7155a716642bf',
    '264a6b98faea7753b270052cfd593a867ece06eb827857c78d43afb41cd45bcd',
    'e2e9274fc3087280cfb0eff5286dbe304d3492d50e3c2232e5e4f99fc2d10a81',
    '12e1ee918376e397e6618a1779a4b7dc907a5c8c02a6ca69de501a1193b95287',
    '58fced1d37491b6ae0293399bd6cd994f340546ff0c673b8d63e6518441fdd67',
    '10f10c19ecae03a1147ba90bfff8a3c0a201f72ebc2468750dfeba2fb5d0da3d',
  ].join(''),
);

/** mpbbS: undoes itself. */
const MIDDLE = fromHex(
  [
    '14530f56b3c87a9ceb65481716159f02cc547c83000d0c0ba262a876dbd9edc7',
    'c5a4dcac8574d6d0a79bae9a967166c36399b8dd73928e847da55ed15d93b157',
    '5150808952944f4e0a6bbc8d7f6e47464140440111cb033ff7f4e1a98f3c3af9',
    'fbf0193082092ec99da08649ee6f4d6dc42d813425871b88aafc06a11238fd4c',
    '4272641337246a757743ffe6b44b365ce4d8353d45b92cecb7312b290768a30e',
    '697b189e2139be281a5b78f523ca2ab0af3efe048ce7e5983295d3f64ae8a6ea',
    'e9f3d52f7020f21f0567ad5510cecde3273bdabad7c226d4911dd21c2233f8fa',
    'f15aefcf90b68bb5bdc0bf08971e6ce261e0c6c159abbb58de5fdf60797eb28a',
  ].join(''),
);

/** mpbbI undoes mpbbR. */
const BACKWARD = inverse(FORWARD);
const FORWARD_PAIRS = inPairs(FORWARD);
const BACKWARD_PAIRS = inPairs(BACKWARD);

function inverse(table: Uint8Array): Uint8Array {
  const result = new Uint8Array(256);
  table.forEach((to, from) => {
    result[to] = from;
  });
  assert(
    table.every((to, from) => result[to] === from),
    'the table of bytes is no permutation',
  );
  return result;
}

/**
 * Decodes one block into `into`, which has its length.
 *
 * @param bid of the block, which is the key of `cyclic`
 */
export function decodeBlock(stored: Uint8Array, encoding: PstEncoding, bid: number, into: Uint8Array): void {
  if (encoding === 'none') into.set(stored);
  else if (encoding === 'permute') substitute(stored, into, BACKWARD, BACKWARD_PAIRS);
  else cyclic(stored, into, bid);
}

/** Encodes one block. */
export function encodeBlock(plain: Uint8Array, encoding: PstEncoding, bid: number): Uint8Array {
  if (encoding === 'none') return plain;
  const stored = new Uint8Array(plain.length);
  if (encoding === 'permute') substitute(plain, stored, FORWARD, FORWARD_PAIRS);
  else cyclic(plain, stored, bid);
  return stored;
}

/**
 * The bytes of a table two at a time, which halves the steps; the order of bytes in a word does not matter to it. Reading
 * and writing four at a time, with two steps for them, halves the rest.
 */
function inPairs(table: Uint8Array): Uint16Array {
  const pairs = new Uint16Array(65_536);
  for (let pair = 0; pair < pairs.length; pair++) pairs[pair] = at(table, pair & 255) | (at(table, pair >>> 8) << 8);
  return pairs;
}

function at(table: Uint8Array, index: number): number {
  return table[index] as number;
}

function substitute(source: Uint8Array, result: Uint8Array, table: Uint8Array, pairs: Uint16Array): void {
  const { length } = source;
  let done = 0;
  if (source.byteOffset % 4 === 0 && result.byteOffset % 4 === 0) {
    const words = new Uint32Array(source.buffer, source.byteOffset, length >>> 2);
    const out = new Uint32Array(result.buffer, result.byteOffset, length >>> 2);
    for (let at = 0; at < words.length; at++) {
      const word = words[at] as number;
      out[at] = (pairs[word & 0xffff] as number) | ((pairs[word >>> 16] as number) << 16);
    }
    done = words.length * 4;
  }
  for (; done < length; done++) result[done] = table[source[done] as number] as number;
}

function cyclic(source: Uint8Array, result: Uint8Array, bid: number): void {
  const { length } = source;
  const key = bid >>> 0; // the low 32 bits; bid may be larger
  let word = (key ^ (key >>> 16)) & 0xffff;
  for (let at = 0; at < length; at++) {
    const low = word & 0xff;
    const high = word >>> 8;
    const first = FORWARD[((source[at] as number) + low) & 0xff] as number;
    const second = MIDDLE[(first + high) & 0xff] as number;
    result[at] = ((BACKWARD[(second - high) & 0xff] as number) - low) & 0xff;
    word = (word + 1) & 0xffff;
  }
}
