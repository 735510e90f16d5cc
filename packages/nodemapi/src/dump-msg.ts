/** .msg and .oft files for `mapi dump`. */
import { isCompoundFile } from '@nodemapi/format-cfb';
import { FOLDER_GENERIC, type IMessage } from '@nodemapi/mapi';
import type { DumpFolder, DumpFormat } from './dump-file.ts';
import { openMsgMessage } from './msg.ts';

export const MSG_FORMAT: DumpFormat = {
  name: 'msg',
  recognise: (head) => isCompoundFile(head),
  open: async (source) => {
    const { message, diagnostics } = await openMsgMessage(source);
    return {
      folders: () => oneFolder(message),
      diagnostics: () =>
        diagnostics().map(({ code, detail, offset, loss }) => ({
          code,
          message: detail,
          ...(offset === undefined ? {} : { offset }),
          loss,
        })),
      [Symbol.asyncDispose]: () => message.release(),
    };
  },
};

/** The one folder of a file that holds a single message. */
export async function* oneFolder(message: IMessage): AsyncGenerator<DumpFolder> {
  yield {
    path: '',
    containerClass: null,
    contentCount: 1,
    folderType: FOLDER_GENERIC,
    messages: () => only(message),
    associated: () => none(),
  };
}

async function* only(message: IMessage): AsyncGenerator<IMessage> {
  yield message.addRef();
}

/** No messages. */
export async function* none(): AsyncGenerator<never> {}
