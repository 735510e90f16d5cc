/** The criteria of a search folder, as they are kept. spec: imapicontainer-setsearchcriteria */
import type { Restriction } from '@nodemapi/mapi';
import type { MessageRecord } from './store-data.ts';

export interface SearchState {
  readonly restriction: Restriction;
  /** Numbers of the folders to search. */
  readonly containers: readonly number[];
  readonly recursive: boolean;
  readonly foreground: boolean;
  /** The contents follow the searched folders. */
  readonly running: boolean;
  /** Whether a message lies in the searched folders and meets the restriction. */
  readonly matches: (record: MessageRecord) => boolean;
}
