/** Checks the store file of a profile. */
import type { CheckCall, CheckProblem } from '@nodemapi/mapi';
import { checkStore, repairStore } from './check.ts';
import { storePath } from './config.ts';

/** The findings on the file of the profile, after the repair if one is wanted; undefined if there is no file yet. */
export async function ProviderCheck({
  host,
  profileName,
  section,
  repair,
}: CheckCall): Promise<{ readonly name: string; readonly problems: readonly CheckProblem[] } | undefined> {
  const path = storePath(host.home, section, profileName);
  if (!(await host.files.exists(path))) return undefined;
  return { name: path, problems: repair ? repairStore(path) : checkStore(path) };
}
