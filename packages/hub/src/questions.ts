/** Questions of a process to all, and its answers to theirs. */
import type { ClientMessage, HubMessage, ProcessPresence } from './message.ts';
import type { Requests } from './requests.ts';

export interface AskOptions {
  /** Who is there, and so will answer or be gone. */
  readonly onProcesses: (processes: readonly ProcessPresence[]) => void;
  /** An answer; nothing more comes from this process after the last one. */
  readonly onAnswer: (answer: Answer) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly process: string;
  readonly body: unknown;
  readonly last: boolean;
  /** The process has left, or died. */
  readonly gone: boolean;
}

/** Answers a question, once or more often; the last time it says so. */
export type Answerer = (ask: string, question: unknown, answer: (body: unknown, last: boolean) => void) => void;

/** Questions whose answers are kept. */
const givenMax = 50;

interface Open {
  readonly options: AskOptions;
  readonly waiting: Set<string>;
}

export class Questions {
  answerer: Answerer | undefined;
  readonly #requests: Requests;
  readonly #send: (message: ClientMessage) => void;
  readonly #open = new Map<number, Open>();
  /** Answers by question. */
  readonly #given = new Map<string, { readonly body: unknown; readonly last: boolean }[]>();

  constructor(requests: Requests, send: (message: ClientMessage) => void) {
    this.#requests = requests;
    this.#send = send;
  }

  /** Resolves when all that are there have given their last answer. @throws what `signal` is aborted with */
  async ask(question: unknown, options: AskOptions): Promise<void> {
    let number = 0;
    try {
      await this.#requests.make(
        (request) => ({ type: 'ask', request, question }),
        options.signal,
        (request) => {
          number = request;
          this.#open.set(request, { options, waiting: new Set() });
        },
      );
    } finally {
      this.#open.delete(number);
    }
  }

  /** Somebody asks; or the next hub asks again, and gets the answers that there are. */
  asked(ask: string, question: unknown): void {
    const given = this.#given.get(ask);
    if (given !== undefined) {
      for (const { body, last } of given) this.#send({ type: 'answer', ask, body, last });
      return;
    }
    const answers: { readonly body: unknown; readonly last: boolean }[] = [];
    this.#given.set(ask, answers);
    const [oldest] = this.#given.keys();
    if (this.#given.size > givenMax && oldest !== undefined) this.#given.delete(oldest);
    const answer = (body: unknown, last: boolean): void => {
      answers.push({ body, last });
      this.#send({ type: 'answer', ask, body, last });
    };
    if (this.answerer === undefined) answer(null, true);
    else this.answerer(ask, question, answer);
  }

  /** Somebody answers. */
  take(message: Extract<HubMessage, { readonly type: 'asking' | 'answered' }>): void {
    const open = this.#open.get(message.request);
    if (open === undefined) return;
    if (message.type === 'asking') {
      open.waiting.clear();
      for (const { process } of message.processes) open.waiting.add(process.id);
      open.options.onProcesses(message.processes);
    } else {
      if (!open.waiting.has(message.process)) return;
      if (message.last) open.waiting.delete(message.process);
      const { process, body, last, gone } = message;
      open.options.onAnswer({ process, body, last, gone });
    }
    if (open.waiting.size === 0) this.#requests.answer(message.request, message);
  }
}
