/** Checks the store file of a profile. */
import type { CheckCall, CheckProblem } from '@nodemapi/mapi';
import { checkStore, repairStore } from './check.ts';
import { configuredPath } from './config.ts';

/** The findings on the file of the profile, after the repair if one is wanted; undefined if there is no file yet. */
export async function ProviderCheck({
  host,
  section,
  repair,
}: CheckCall): Promise<{ readonly name: string; readonly problems: readonly CheckProblem[] } | undefined> {
  const path = configuredPath(host.home, section);
  if (path === undefined) return undefined;
  if (!(await host.files.exists(path))) {
    return { name: path, problems: [{ code: 'missing', message: 'the file of the store is not there' }] };
  }
  return { name: path, problems: repair ? repairStore(path) : checkStore(path) };
}
