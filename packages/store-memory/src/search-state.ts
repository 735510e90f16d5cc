/** The criteria of a search folder, as they are kept. spec: imapicontainer-setsearchcriteria */
import type { FolderSearch } from '@nodemapi/kit';
import type { MessageRecord } from './store-data.ts';

export interface SearchState extends FolderSearch {
  /** Whether a message lies in the searched folders and meets the restriction. */
  readonly matches: (record: MessageRecord) => boolean;
}
