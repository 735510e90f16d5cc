import { join } from 'node:path';
import { bodyOf, inFolder, nodemapi, profileHome, startSink } from './lib.mjs';
const count = Number(process.argv[2] ?? 3000);
const text = bodyOf(10240);
const sink = await startSink();
await inFolder(async (path) => {
  const subsystem = await profileHome(join(path, 'home'), sink.port);
  const session = await subsystem.MAPILogonEx(null, 'bench', null, { newSession: true });
  const store = await nodemapi.openDefaultStore(session);
  const outbox = await nodemapi.openSpecialFolder(store, 'outbox');
  const sentMail = await nodemapi.specialFolderId(store, 'sentMail');
  for (let r = 0; r < 4; r++) {
    sink.reset();
    const taken = sink.taken(count);
    const c0 = process.cpuUsage(), t0 = performance.now(), e0 = performance.eventLoopUtilization();
    let next = 0, tsub = 0;
    await Promise.all(Array.from({ length: 50 }, async () => {
      while (next < count) {
        const index = next++;
        const message = await nodemapi.composeMessage(outbox, { to: ['to@example.test'], subject: `message ${index}`, text, sentMail });
        await message.submitMessage();
        await message.release();
      }
    }));
    tsub = performance.now() - t0;
    await taken;
    const c = process.cpuUsage(c0), t = performance.now() - t0;
    console.log('elu', performance.eventLoopUtilization(e0).utilization.toFixed(3)); console.log(`${count} in ${t.toFixed(0)} ms (submitted by ${tsub.toFixed(0)}): ${(count * 1000 / t).toFixed(0)}/s, cpu ${((c.user + c.system) / count / 1000).toFixed(3)} ms/msg (user ${(c.user/count/1000).toFixed(3)} sys ${(c.system/count/1000).toFixed(3)})`);
  }
  await outbox.release(); await store.release();
  await nodemapi.endSession(session, { policy: 'drain', deadlineMs: 60000 });
});
sink.stop();
