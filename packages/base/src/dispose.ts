/**
 * Gives `Symbol.dispose` and `Symbol.asyncDispose` to runtimes that lack them; imported before anything that names them.
 *
 * The registered symbols are used, so that two copies of this package in one process agree.
 */
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (typeof Symbol[name] !== 'symbol') {
    Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
  }
}

export {};
