// Files of mail (.eml, .msg, .mbox, .pst, .ost, winmail.dat, .vcf) as one line of JSON per message; no profile is needed.
import { basename } from 'node:path';
import { dumpMessage, nodeFileSystem, openDumpFile } from 'nodemapi';

for (const path of process.argv.slice(2).concat(process.env.FILES?.split(':') ?? [])) {
  await using source = await nodeFileSystem.openRead(path);
  const { format, file } = await openDumpFile(source, basename(path));
  await using opened = file;
  for await (const folder of opened.folders()) {
    for await (const message of folder.messages()) {
      const dumped = await dumpMessage(message, { body: true, props: false });
      console.log(JSON.stringify({ file: basename(path), format, folder: folder.path, ...dumped }));
      await message.release();
    }
  }
  for (const { code, message } of opened.diagnostics()) console.error(`${path}: ${code} ${message}`);
}
