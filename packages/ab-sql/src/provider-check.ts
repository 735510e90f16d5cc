/** Checks the address book file of a profile. */
import { type CheckCall, type CheckProblem, propOf } from '@nodemapi/mapi';
import { absolutePath, defaultPath, PR_BOOK_PATH } from './book-path.ts';
import { check } from './check.ts';

/** The findings of `check` on the file of the profile; undefined if there is no file yet. Nothing can be mended. */
export async function ProviderCheck({
  host,
  profileName,
  section,
}: CheckCall): Promise<{ readonly name: string; readonly problems: readonly CheckProblem[] } | undefined> {
  const path = absolutePath(host.home, propOf(section, PR_BOOK_PATH) ?? defaultPath(profileName));
  if (!(await host.files.exists(path))) return undefined;
  return { name: path, problems: await check(path) };
}
