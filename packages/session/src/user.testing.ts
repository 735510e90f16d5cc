import { MapiError, type UserInterface } from '@nodemapi/mapi';

/** A user who agrees to everything, unless a test says otherwise. */
export function user(overrides: Partial<UserInterface> = {}): UserInterface {
  return {
    confirm: async () => true,
    choose: async () => 0,
    prompt: async () => '',
    progress: () => {},
    ...overrides,
  };
}

/** A user who fails the test when anything is asked. */
export function nobody(): UserInterface {
  const asked = async (question: string): Promise<never> => {
    throw new TypeError(`asked: ${question}`);
  };
  return user({ confirm: asked, choose: asked, prompt: asked });
}

/** A user who cancels every dialog. */
export function canceller(): UserInterface {
  const cancel = async (): Promise<never> => {
    throw new MapiError('MAPI_E_USER_CANCEL', 'cancelled');
  };
  return user({ confirm: cancel, choose: cancel, prompt: cancel });
}
