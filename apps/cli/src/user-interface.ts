/** The user interface port of MAPI, on the terminal (decision D12). */
import { confirm, isCancel, password, select, text } from '@clack/prompts';
import { MapiError, type UserInterface } from 'nodemapi';
import type { Io } from './io.ts';

function answered<T>(value: T | symbol): T {
  if (isCancel(value)) throw new MapiError('MAPI_E_USER_CANCEL', 'the question was not answered');
  return value as T;
}

/** Asks on the terminal, by standard error: standard output is for data. */
export function consoleInterface(io: Io): UserInterface {
  const output = process.stderr;
  return {
    confirm: async (question) => answered<boolean>(await confirm({ message: question, output })),
    choose: async (question, choices) =>
      answered<number>(
        await select({ message: question, output, options: choices.map((label, value) => ({ value, label })) }),
      ),
    prompt: async (question, options = {}) =>
      answered<string>(
        options.secret === true
          ? await password({ message: question, output })
          : await text({
              message: question,
              output,
              ...(options.default === undefined ? {} : { defaultValue: options.default }),
            }),
      ),
    progress: (title, done, total) => io.err(`${title}: ${done} of ${total}`),
  };
}
