/**
 * Files that come with the package. Their places are told from here: this folder and that of the built file lie side by side,
 * as those below them do not.
 */
import { fileURLToPath } from 'node:url';

/** The mail of `mapi demo`. */
export const DEMO_MAIL = fileURLToPath(new URL('../demo/first-light.eml', import.meta.url));
