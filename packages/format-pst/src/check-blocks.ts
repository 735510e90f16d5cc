/** Checks every block: place, trailer, content of internal ones, and how often each is referred to. [MS-PST] 2.2.2.8 */
import { isInternal, plainBid } from './bid.ts';
import { padded } from './block-store.ts';
import { pstCrc, pstSignature } from './checksum.ts';
import { XBLOCK } from './data-tree.ts';
import { type BbtEntry, LAYOUTS, type NbtEntry } from './layout.ts';
import { slotBytes } from './maps.ts';
import { attempt, type CheckedFile } from './pst-check.ts';
import { SUBNODE_HEADER } from './subnode-tree.ts';

const layout = LAYOUTS.unicode;
const trailerBytes = layout.blockTrailer.size;

export interface CheckedBlock extends BbtEntry {
  references: number;
}

/** Answers the blocks, and adds them to the parts of the file that are in use. */
export async function checkBlocks(
  checked: CheckedFile,
  entries: readonly BbtEntry[],
  nodes: readonly NbtEntry[],
): Promise<readonly CheckedBlock[]> {
  const { found, extents } = checked;
  const blocks = new Map(
    entries.map((entry): [number, CheckedBlock] => [plainBid(entry.bid), { ...entry, references: 1 }]),
  );
  const refer = (bid: number, from: string): void => {
    if (bid === 0) return;
    const block = blocks.get(plainBid(bid));
    if (block === undefined) found.add('badBlock', `${from} names block ${bid}, which is not in the BBT`);
    else block.references += 1;
  };
  for (const { nid, bidData, bidSub } of nodes) {
    refer(bidData, `node 0x${nid.toString(16)}`);
    refer(bidSub, `node 0x${nid.toString(16)}`);
    if (bidSub !== 0 && !isInternal(bidSub)) found.add('badNode', `bidSub of node ${nid} is the data block ${bidSub}`);
  }
  for (const block of blocks.values()) {
    extents.push({ offset: block.ib, size: padded(block.cb + trailerBytes, slotBytes), bid: 0 });
    await attempt(found, `block ${block.bid}`, () => checkBlock(checked, block, refer));
  }
  for (const { bid, ib, cRef, references } of blocks.values())
    if (cRef !== references)
      found.add('badBlock', `block ${bid} has the count ${cRef} and is referred to ${references} times`, ib);
  return [...blocks.values()];
}

async function checkBlock(
  { file, found }: CheckedFile,
  { bid, ib, cb }: BbtEntry,
  refer: (bid: number, from: string) => void,
): Promise<void> {
  const tell = (what: string): void => found.add('badBlock', `block ${bid}: ${what}`, ib);
  const whole = padded(cb + trailerBytes, slotBytes);
  if (ib % slotBytes !== 0) tell(`it lies at ${ib}`);
  if (whole > layout.blockBytesMax) tell(`it has ${cb} bytes`);
  const bytes = await file.read(ib, whole, `block ${bid}`);
  const content = bytes.subarray(0, cb);
  const trailer = layout.blockTrailer.decode(bytes, whole - trailerBytes);
  if (trailer.cb !== cb) tell(`its trailer says ${trailer.cb} bytes, the BBT ${cb}`);
  if (plainBid(trailer.bid) !== plainBid(bid)) tell(`its trailer says that it is ${trailer.bid}`);
  if (trailer.dwCRC !== pstCrc(content)) tell('its checksum is wrong');
  if (trailer.wSig !== pstSignature(ib, trailer.bid)) tell('its signature is wrong');
  if (!isInternal(bid)) return;
  const { btype, cLevel, cEnt } = SUBNODE_HEADER.decode(content);
  if (btype === 1) {
    const { lcbTotal } = XBLOCK.decode(content);
    if (lcbTotal === 0) tell('it names no data');
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    for (let at = 0; at < cEnt; at++) {
      const child =
        view.getUint32(XBLOCK.size + at * 8, true) + view.getUint32(XBLOCK.size + at * 8 + 4, true) * 2 ** 32;
      if (isInternal(child) !== cLevel > 1) tell(`on level ${cLevel} it names block ${child}`);
      refer(child, `block ${bid}`);
    }
  } else if (btype === 2) checkSubnodes(content, cLevel, cEnt, (child) => refer(child, `block ${bid}`), tell);
  else tell(`its type is ${btype}`);
}

function checkSubnodes(
  content: Uint8Array,
  cLevel: number,
  cEnt: number,
  refer: (bid: number) => void,
  tell: (what: string) => void,
): void {
  let last = -1;
  for (let at = 0; at < cEnt; at++) {
    const table = cLevel === 0 ? layout.sl : layout.si;
    const offset = layout.subnodeHeaderBytes + at * table.size;
    const { nid } = table.decode(content, offset);
    if (nid <= last) tell(`subnode ${nid} stands after ${last}`);
    last = nid;
    if (cLevel > 0) refer(layout.si.decode(content, offset).bid);
    else {
      const { bidData, bidSub } = layout.sl.decode(content, offset);
      refer(bidData);
      refer(bidSub);
    }
  }
}
