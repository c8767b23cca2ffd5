/** What a role has started, so that stopping is the same list backwards. */

/** Something that runs until it is stopped. */
export interface Running {
  stop(): void | Promise<void>
}

/** Owns what was started; `stop` ends it in the opposite order, each part once. */
export class Lifecycle {
  readonly #owned: Running[] = []
  #stopping: Promise<void> | undefined

  /** Takes over a running part and hands it back. */
  own<T extends Running>(part: T): T {
    this.#owned.push(part)
    return part
  }

  /** Stops everything, newest first; a part that fails does not keep the others from stopping. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    const failures: unknown[] = []
    for (const part of this.#owned.splice(0).reverse()) {
      try {
        await part.stop()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
