// What the membrane adds to a call.
//
//   node membrane.mjs
import { productWith } from './internals.mjs';

const { nullLog, Membrane, Openers, TargetRegistry } = await productWith({
  nullLog: 'packages/base/src/log.ts',
  Membrane: 'packages/session/src/membrane.ts',
  Openers: 'packages/session/src/openers.ts',
  TargetRegistry: 'packages/session/src/target-registry.ts',
});

// Short rounds, and the best of many: what runs beside cannot hit all of them.
const CALLS = 20_000;
const ROUNDS = 300;

const answer = { values: [], props: [] };
const target = {
  iid: 'IMessage',
  addRef: () => target,
  release: async () => {},
  async getProps() {
    return answer;
  },
  async openAttach() {
    return attach;
  },
};
const attach = { iid: 'IAttach', addRef: () => attach, release: async () => {} };

function membrane(captureOpeners) {
  const openers = new Openers({ captureOpeners, internalDirectories: [] });
  return new Membrane({ targets: new TargetRegistry(), log: nullLog, openers });
}

async function nsPerCall(calls, call) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let index = 0; index < calls; index++) await call();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls);
  }
  return best;
}

const handle = membrane(true).wrap(target, 'here', 'bench');
const tags = [1, 2, 3];
const direct = await nsPerCall(CALLS, () => target.getProps(tags));
const through = await nsPerCall(CALLS, () => handle.getProps(tags));
const opening = async (from) => (await from.openAttach(1)).release();
const bare = await nsPerCall(CALLS / 10, () => opening(target));
const unwatched = membrane(false).wrap(target, 'here', 'bench');
const plain = await nsPerCall(CALLS / 10, () => opening(unwatched));
const captured = await nsPerCall(CALLS / 10, () => opening(handle));
console.log(
  JSON.stringify({
    callNs: Math.round(direct),
    overheadNs: Math.round(through - direct),
    openAndReleaseNs: Math.round(bare),
    openOverheadNs: Math.round(plain - bare),
    openOverheadWithLineNs: Math.round(captured - bare),
  }),
);
