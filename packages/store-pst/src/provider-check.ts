/** Checks the file of a profile: whether it is there, and can be opened. */

import { PstFile } from '@nodemapi/format-pst';
import type { CheckCall, CheckProblem } from '@nodemapi/mapi';
import { pstConfigOf, pstPath } from './pst-config.ts';

/** The name of the file; nothing in it can be mended, since it is only read. @throws what opening it throws */
export async function ProviderCheck({
  host,
  section,
}: CheckCall): Promise<{ readonly name: string; readonly problems: readonly CheckProblem[] }> {
  const path = pstPath(host.home, pstConfigOf(section));
  await using source = await host.files.openRead(path);
  const file = await PstFile.open(source);
  await file.rootFolder();
  return { name: path, problems: [] };
}
