/** Random PromQL for differential tests: a small grammar over known metrics, seeded. */

/** A generator of numbers in [0, 1) that repeats for a seed. @source mulberry32, public domain */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What the grammar may speak about. */
export interface Vocabulary {
  readonly counters: readonly string[]
  readonly gauges: readonly string[]
  /** Names of classic histograms, without `_bucket`. */
  readonly histograms: readonly string[]
  /** Label names with some of their values. */
  readonly labels: Readonly<Record<string, readonly string[]>>
}

const OVER_TIME = [
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'present_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'changes',
  'resets',
  'deriv',
  'delta',
  'idelta',
] as const
const RATES = ['rate', 'increase', 'irate'] as const
const SIMPLE = [
  'abs',
  'ceil',
  'floor',
  'sqrt',
  'exp',
  'ln',
  'log2',
  'log10',
  'sgn',
  'round',
  'sin',
  'cos',
  'atan',
  'deg',
  'rad',
  'day_of_week',
  'hour',
  'minute',
  'timestamp',
  'absent',
] as const
const AGGREGATES = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'] as const
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'] as const
const COMPARE = ['==', '!=', '<', '>', '<=', '>='] as const
const SETS = ['and', 'or', 'unless'] as const
const RANGES = ['1m', '2m', '5m', '11m'] as const

/** Makes random expressions that are valid PromQL of both Prometheus 2 and 3. */
export class QueryGrammar {
  readonly #random: () => number
  readonly #words: Vocabulary
  #isInSubquery = false

  constructor(seed: number, words: Vocabulary) {
    this.#random = seededRandom(seed)
    this.#words = words
  }

  /** An expression whose value is a vector. */
  vector(depth: number): string {
    if (depth <= 0) return this.#selector()
    return this.#pick<() => string>([
      () => this.#selector(),
      () => `${this.#pick(RATES)}(${this.#ranged(this.#words.counters)})`,
      () => `${this.#pick(OVER_TIME)}(${this.#ranged(this.#words.gauges)})`,
      () => `quantile_over_time(${this.#quantile()}, ${this.#ranged(this.#words.gauges)})`,
      // Without a modifier: at a fixed time, Prometheus 2.42 leaves out steps of a range query.
      () => `predict_linear(${this.#pick(this.#words.gauges)}[${this.#pick(RANGES)}], 60)`,
      () => `${this.#pick(SIMPLE)}(${this.vector(depth - 1)})`,
      () => `clamp(${this.vector(depth - 1)}, -50, ${this.#number()})`,
      () => `clamp_max(${this.vector(depth - 1)}, ${this.#number()})`,
      () => this.#aggregate(depth),
      () => this.#aggregate(depth),
      () => `quantile${this.#grouping()}(${this.#quantile()}, ${this.vector(depth - 1)})`,
      () => this.#histogramQuantile(),
      () => `${this.vector(depth - 1)} ${this.#pick(ARITHMETIC)} ${this.#number()}`,
      () => `${this.#number()} ${this.#pick(ARITHMETIC)} ${this.vector(depth - 1)}`,
      () => `${this.vector(depth - 1)} ${this.#pick(COMPARE)} ${this.#bool()}${this.#number()}`,
      () => this.#join(depth),
      () => `(${this.vector(depth - 1)}) ${this.#pick(SETS)} (${this.vector(depth - 1)})`,
      () => `-(${this.vector(depth - 1)})`,
      () => `label_replace(${this.vector(depth - 1)}, "copy", "$1", "${this.#label()}", "(.).*")`,
      () => `label_join(${this.vector(depth - 1)}, "both", "-", "instance", "${this.#label()}")`,
      () => this.#subquery(depth),
      () => `vector(${this.#number()})`,
      () => `scalar(sum(${this.#selector()})) * ${this.#selector()}`,
    ])()
  }

  #aggregate(depth: number): string {
    const inner = this.vector(depth - 1)
    if (this.#random() < 0.5) return `${this.#pick(AGGREGATES)}${this.#grouping()}(${inner})`
    return `${this.#pick(AGGREGATES)}(${inner})${this.#grouping()}`
  }

  #histogramQuantile(): string {
    const name = this.#pick(this.#words.histograms)
    const by = this.#random() < 0.5 ? 'by (le)' : 'by (le, instance)'
    const rate = this.#pick(['rate', 'increase'])
    return `histogram_quantile(${this.#quantile()}, sum ${by} (${rate}(${name}_bucket[${this.#pick(RANGES)}])))`
  }

  /** Never one inside another: the inner steps of 2.42 would fall on the border of the outer range. */
  #subquery(depth: number): string {
    const isInside = this.#isInSubquery
    this.#isInSubquery = true
    const inner = this.vector(depth - 1)
    this.#isInSubquery = isInside
    return isInside ? inner : `${this.#pick(OVER_TIME)}((${inner})[10m:1m])`
  }

  /** A join that cannot be many-to-many: both sides are aggregated to the same labels. */
  #join(depth: number): string {
    const on = this.#random() < 0.5 ? 'instance' : 'instance, job'
    const side = (): string => `sum by (${on}) (${this.vector(depth - 1)})`
    const op =
      this.#random() < 0.7 ? this.#pick(ARITHMETIC) : `${this.#pick(COMPARE)} ${this.#bool()}`
    if (this.#random() < 0.4) {
      return `${this.#selector()} ${op} on (${on}) group_left () ${side()}`
    }
    return `${side()} ${op} on (${on}) ${side()}`
  }

  #selector(): string {
    const { gauges, counters } = this.#words
    const name = this.#pick(this.#random() < 0.5 ? gauges : counters)
    return `${name}${this.#matchers()}${this.#modifier()}`
  }

  #ranged(names: readonly string[]): string {
    return `${this.#pick(names)}${this.#matchers()}[${this.#pick(RANGES)}]${this.#modifier()}`
  }

  #matchers(): string {
    if (this.#random() < 0.5) return ''
    const label = this.#label()
    const value = this.#pick(this.#words.labels[label])
    const op = this.#pick(['=', '!=', '=~', '!~'])
    if (op === '=' || op === '!=') return `{${label}${op}"${value}"}`
    return `{${label}${op}"${this.#pick([value, `${value.slice(0, 1)}.*`, `${value}|other`, '.+'])}"}`
  }

  #modifier(): string {
    const roll = this.#random()
    if (roll < 0.75) return ''
    if (roll < 0.95) return ` offset ${this.#pick(['1m', '3m', '-1m'])}`
    return this.#random() < 0.5 ? ' @ end()' : ' @ start()'
  }

  #grouping(): string {
    const roll = this.#random()
    if (roll < 0.3) return ''
    const labels = this.#random() < 0.5 ? this.#label() : `${this.#label()}, instance`
    return roll < 0.7 ? ` by (${labels}) ` : ` without (${labels}) `
  }

  #label(): string {
    return this.#pick(Object.keys(this.#words.labels))
  }

  #bool(): string {
    return this.#random() < 0.5 ? 'bool ' : ''
  }

  #quantile(): string {
    return this.#pick(['0', '0.5', '0.9', '0.99', '1'])
  }

  #number(): string {
    return this.#pick(['0', '1', '2', '0.5', '10', '100', '-3', '1e3'])
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]
  }
}
