/** Numbers label sets by the labels that count: equal numbers for sets that agree on them. */
import { compareText, type Labels, METRIC_NAME } from '../../model/labels.ts'

/** Most numbers that are handed out, so that two of them fit one float64. */
const NUMBERS_MAX = 2 ** 26

/** Gives 0, 1, 2, … in the order in which kinds of label sets are first seen. */
export interface LabelIndex {
  /** How many numbers have been given. */
  readonly size: number
  of(labels: Labels): number
}

/** Numbers by the named labels (`by`, `on`). */
export function indexBy(names: readonly string[]): LabelIndex {
  const sorted = [...new Set(names)].sort(compareText)
  if (sorted.length === 0) return new SingleIndex()
  return sorted.length === 1 ? new ValueIndex(sorted[0]) : new ValuesIndex(sorted)
}

/** Numbers by all labels but the named ones and the metric name (`without`, `ignoring`). */
export function indexWithout(names: readonly string[]): LabelIndex {
  return new RestIndex(new Set([METRIC_NAME, ...names]))
}

/** Numbers by all labels but those named. */
export function indexOmitting(names: ReadonlySet<string>): LabelIndex {
  return new RestIndex(names)
}

/** Everything is one. */
class SingleIndex implements LabelIndex {
  size = 0

  of(): number {
    this.size = 1
    return 0
  }
}

class ValueIndex implements LabelIndex {
  readonly #name: string
  readonly #numbers = new Map<string, number>()

  constructor(name: string) {
    this.#name = name
  }

  get size(): number {
    return this.#numbers.size
  }

  of(labels: Labels): number {
    const name = this.#name
    let value = ''
    for (let i = 0; i < labels.length; i += 2) {
      if (labels[i] === name) {
        value = labels[i + 1]
        break
      }
    }
    return numberOf(this.#numbers, value)
  }
}

/** Several labels: values become numbers, and each number with the next becomes one again. */
class ValuesIndex implements LabelIndex {
  readonly #names: readonly string[]
  readonly #values: Map<string, number>[]
  readonly #joined: Map<number, number>[]

  constructor(names: readonly string[]) {
    this.#names = names
    this.#values = names.map(() => new Map())
    this.#joined = names.map(() => new Map())
  }

  get size(): number {
    return this.#joined[this.#names.length - 1].size
  }

  of(labels: Labels): number {
    let number = 0
    let at = 0
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i]
      while (at < labels.length && labels[at] !== name && compareText(labels[at], name) < 0) at += 2
      const value = at < labels.length && labels[at] === name ? labels[at + 1] : ''
      const own = numberOf(this.#values[i], value)
      number = i === 0 ? own : numberOf(this.#joined[i], number * NUMBERS_MAX + own)
    }
    return number
  }
}

class RestIndex implements LabelIndex {
  readonly #omitted: ReadonlySet<string>
  readonly #numbers = new Map<string, number>()
  /** The set before: neighbours mostly differ in what is omitted only. */
  #last: Labels = []
  #lastNumber = -1

  constructor(omitted: ReadonlySet<string>) {
    this.#omitted = omitted
  }

  get size(): number {
    return this.#numbers.size
  }

  of(labels: Labels): number {
    if (this.#lastNumber < 0 || !this.#agreesWithLast(labels)) {
      this.#lastNumber = numberOf(this.#numbers, this.#keyOf(labels))
    }
    this.#last = labels
    return this.#lastNumber
  }

  #agreesWithLast(labels: Labels): boolean {
    const last = this.#last
    if (labels.length !== last.length) return false
    for (let i = 0; i < labels.length; i += 2) {
      if (labels[i] !== last[i]) return false
      if (labels[i + 1] !== last[i + 1] && !this.#omitted.has(labels[i])) return false
    }
    return true
  }

  #keyOf(labels: Labels): string {
    let key = ''
    for (let i = 0; i < labels.length; i += 2) {
      if (!this.#omitted.has(labels[i])) key += `${labels[i]}\u0000${labels[i + 1]}\u0000`
    }
    return key
  }
}

function numberOf<K>(numbers: Map<K, number>, key: K): number {
  let number = numbers.get(key)
  if (number === undefined) {
    number = numbers.size
    numbers.set(key, number)
  }
  return number
}
