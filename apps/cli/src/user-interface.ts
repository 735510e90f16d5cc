/** The user interface port of MAPI, on the terminal (decision D12). */
import { MapiError, type UserInterface } from 'nodemapi';
import type { Io } from './io.ts';

/** Loaded with the first question: most commands ask none. */
const prompts = (): Promise<typeof import('@clack/prompts')> => import('@clack/prompts');

/** What was answered: cancelling a question of clack gives a symbol. */
function answered<T>(value: T | symbol): T {
  if (typeof value === 'symbol') throw new MapiError('MAPI_E_USER_CANCEL', 'the question was not answered');
  return value;
}

/** Asks on the terminal, by standard error: standard output is for data. */
export function consoleInterface(io: Io): UserInterface {
  const output = process.stderr;
  return {
    confirm: async (message) => answered<boolean>(await (await prompts()).confirm({ message, output })),
    choose: async (message, choices) => {
      const options = choices.map((label, value) => ({ value, label }));
      return answered<number>(await (await prompts()).select({ message, output, options }));
    },
    prompt: async (message, { secret = false, default: defaultValue } = {}) => {
      const { password, text } = await prompts();
      if (secret) return answered<string>(await password({ message, output }));
      return answered<string>(await text({ message, output, ...(defaultValue === undefined ? {} : { defaultValue }) }));
    },
    progress: (title, done, total) => io.err(`${title}: ${done} of ${total}`),
  };
}
