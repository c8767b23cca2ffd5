/** Labels of discovered targets while they are put together. */
import { isIPv6 } from 'node:net'
import { type Labels, labelsFrom } from '../../model/labels.ts'

/** A foreign name as a part of a label name: what is not a letter, digit or `_` becomes `_`. */
export function sanitizeName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/gu, '_')
}

/** `host:port`, with brackets around IPv6. */
export function joinHostPort(host: string, port: number | string): string {
  return isIPv6(host) || host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Labels under one prefix, some of them shared by several targets. */
export class MetaLabels {
  readonly #prefix: string
  readonly #pairs: Map<string, string>

  constructor(prefix: string, pairs: ReadonlyMap<string, string> = new Map()) {
    this.#prefix = prefix
    this.#pairs = new Map(pairs)
  }

  /** Another set that begins with these labels. */
  copy(): MetaLabels {
    return new MetaLabels(this.#prefix, this.#pairs)
  }

  /** Sets a label; an empty value is one that is not there. */
  set(name: string, value: string): this {
    this.#pairs.set(this.#prefix + name, value)
    return this
  }

  /** Sets labels with free names: `<name><key>` from keys and values, one after the other. */
  setEach(name: string, keysAndValues: readonly string[]): this {
    for (let i = 0; i < keysAndValues.length; i += 2) {
      this.set(name + sanitizeName(keysAndValues[i]), keysAndValues[i + 1])
    }
    return this
  }

  /** As `setEach`, with `<present><key>="true"` beside each, also for empty values. */
  setEachPresent(name: string, present: string, keysAndValues: readonly string[]): this {
    for (let i = 0; i < keysAndValues.length; i += 2) {
      const key = sanitizeName(keysAndValues[i])
      this.set(name + key, keysAndValues[i + 1]).set(present + key, 'true')
    }
    return this
  }

  /** The target at an address. */
  target(address: string): Labels {
    return labelsFrom([...this.#pairs, ['__address__', address]])
  }

  /** The target at an address with an `instance` that is not its address. */
  targetNamed(address: string, instance: string): Labels {
    return labelsFrom([...this.#pairs, ['__address__', address], ['instance', instance]])
  }
}
