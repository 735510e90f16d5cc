/** Checks the address book file of a profile. */
import { type CheckCall, type CheckProblem, propOf } from '@nodemapi/mapi';
import { absolutePath, PR_BOOK_PATH } from './book-path.ts';
import { check } from './check.ts';

/** The findings of `check` on the file of the profile; undefined if there is no file yet. Nothing can be mended. */
export async function ProviderCheck({
  host,
  section,
}: CheckCall): Promise<{ readonly name: string; readonly problems: readonly CheckProblem[] } | undefined> {
  const configured = propOf(section, PR_BOOK_PATH);
  if (configured === undefined) return undefined;
  const path = absolutePath(host.home, configured);
  if (!(await host.files.exists(path))) {
    return { name: path, problems: [{ code: 'missing', message: 'the file of the address book is not there' }] };
  }
  return { name: path, problems: await check(path) };
}
