type Listener = (...args: never[]) => void

/**
 * Stands in for `@socket.io/component-emitter` under socket.io-client, with the four methods that the client calls. Listeners stand in a Map: the
 * stock one keeps them in a plain object, which shares its names with whatever the page has put on Object.prototype.
 */
export class Emitter<Events extends Record<keyof Events, Listener> = Record<string, Listener>> {
  #listeners = new Map<unknown, Listener[]>()

  on<Name extends keyof Events>(name: Name, listener: Events[Name]): this {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
    return this
  }

  /** Without a listener all of that name go, without a name all. */
  off<Name extends keyof Events>(name?: Name, listener?: Events[Name]): this {
    if (name === undefined) this.#listeners.clear()
    else this.#listeners.set(name, listener ? (this.#listeners.get(name) ?? []).filter((one) => one !== listener) : [])
    return this
  }

  emit<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): this {
    return this.emitReserved(name, ...args)
  }

  /** For the client's own events: its `emit` is another, one that sends. */
  emitReserved<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): this {
    for (const listener of this.#listeners.get(name) ?? []) listener.apply(this, args)
    return this
  }
}
