/** Progress on standard error: one line drawn over itself on a terminal, a line every few seconds elsewhere. */
import type { Context } from './context.ts';

const LINE_EVERY_MS = 2000;
const DRAW_EVERY_MS = 80;

/** Shows how far long work has come; silent with `--json`, and for work that is over at once. */
export class Progress {
  readonly #context: Context;
  readonly #title: string;
  #last = performance.now();
  #drawn = false;

  constructor(context: Context, title: string) {
    this.#context = context;
    this.#title = title;
  }

  /** `total` 0 means that it is not known. */
  update(done: number, total: number): void {
    const { io, json } = this.#context;
    if (json) return;
    const now = performance.now();
    if (now - this.#last < (io.errIsTerminal ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#last = now;
    const text = `${this.#title}: ${done}${total > 0 ? ` of ${total}` : ''}`;
    if (!io.errIsTerminal) {
      io.err(text);
      return;
    }
    this.#drawn = true;
    io.draw(`\r\u001b[K${text}`);
  }

  /** Takes the line away. */
  done(): void {
    if (this.#drawn) this.#context.io.draw('\r\u001b[K');
    this.#drawn = false;
  }
}
