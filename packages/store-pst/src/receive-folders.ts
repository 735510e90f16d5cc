/** Which folder receives messages of which class, as the file says. [MS-PST] 2.4.1, NID_RECEIVE_FOLDERS */
import type { PstFile } from '@nodemapi/format-pst';
import { MapiError, PR_MESSAGE_CLASS, propOf } from '@nodemapi/mapi';

export interface ReceiveFolder {
  readonly messageClass: string;
  readonly nid: number;
}

const receiveFolderTable = 0x62b;

/** Most files have the table and no row in it. */
export async function receiveFolders(file: PstFile): Promise<readonly ReceiveFolder[]> {
  const folders: ReceiveFolder[] = [];
  try {
    for await (const { rowId, values } of file.tableRows(receiveFolderTable))
      folders.push({ messageClass: propOf(values, PR_MESSAGE_CLASS) ?? '', nid: rowId });
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    return []; // a file without the table
  }
  return folders;
}
