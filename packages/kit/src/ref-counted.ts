import { type InterfaceName, type IUnknown, MapiError, type MapiErrorInfo } from '@nodemapi/mapi';

/**
 * The lifetime of a MAPI object: starts with one reference, ends with the last release.
 *
 * A subclass closes what it owns in `onFinalRelease`, which runs once; whoever releases last waits for it. A release
 * too many does nothing.
 *
 * spec: implementing-the-iunknown-interface
 */
export abstract class RefCounted implements IUnknown {
  abstract readonly iid: InterfaceName;
  #references = 1;
  #ended: Promise<void> | undefined;

  /** Whether the last reference is gone. */
  get released(): boolean {
    return this.#references === 0;
  }

  /** @throws MAPI_E_INVALID_OBJECT after the last release */
  addRef(): this {
    if (this.released) throw this.#gone();
    this.#references++;
    return this;
  }

  async release(): Promise<void> {
    if (this.#references > 0) this.#references--;
    if (this.#references > 0) return;
    this.#ended ??= this.onFinalRelease();
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Nothing is known beyond the thrown error; an object that knows more overrides it. */
  async getLastError(_hresult: number): Promise<MapiErrorInfo | undefined> {
    return undefined;
  }

  /** @throws MAPI_E_INVALID_OBJECT after the last release */
  protected assertOpen(): void {
    if (this.released) throw this.#gone();
  }

  protected async onFinalRelease(): Promise<void> {}

  #gone(): MapiError {
    return new MapiError('MAPI_E_INVALID_OBJECT', `${this.iid} was released`);
  }
}
