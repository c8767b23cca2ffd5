/** Our own counters, gauges and histograms, written out in the text format. */
import { assert } from './error.ts'

type Kind = 'counter' | 'gauge' | 'histogram'

/** One number with fixed label values. */
export interface Cell {
  inc(by?: number): void
  set(value: number): void
  readonly value: number
}

/** A family of one metric name; `with` picks the cell of the given label values, in declared order. */
export interface Family {
  with(...labelValues: string[]): Cell
  /** Forgets a cell, for label values that came and went. */
  without(...labelValues: string[]): void
}

/** A histogram with fixed upper bounds. */
export interface HistogramCell {
  observe(value: number): void
}

/** Histograms of one metric name; `with` picks the one of the given label values, in declared order. */
export interface HistogramFamily {
  with(...labelValues: string[]): HistogramCell
}

interface Entry {
  readonly name: string
  readonly help: string
  readonly kind: Kind
  write(lines: string[]): void
}

class NumberCell implements Cell {
  value = 0
  inc(by = 1): void {
    this.value += by
  }
  set(value: number): void {
    this.value = value
  }
}

class CountedHistogram implements HistogramCell {
  readonly #bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    let i = 0
    while (i < this.#bounds.length && value > this.#bounds[i]) i++
    this.#counts[i]++
    this.#sum += value
  }

  write(lines: string[], name: string, pairs: string): void {
    const before = pairs === '' ? '' : `${pairs},`
    const labels = pairs === '' ? '' : `{${pairs}}`
    let total = 0
    for (let i = 0; i < this.#counts.length; i++) {
      total += this.#counts[i]
      const bound = i < this.#bounds.length ? formatValue(this.#bounds[i]) : '+Inf'
      lines.push(`${name}_bucket{${before}le="${bound}"} ${total}`)
    }
    lines.push(`${name}_sum${labels} ${formatValue(this.#sum)}`, `${name}_count${labels} ${total}`)
  }
}

/** The metrics of one process. Rooms get it handed in and register at start. */
export class Metrics {
  readonly #entries = new Map<string, Entry>()
  readonly #families = new Map<string, Family>()
  readonly #collectors: (() => void)[] = []

  counter(name: string, help: string, labelNames: readonly string[] = []): Family {
    return this.#family(name, help, 'counter', labelNames)
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Family {
    return this.#family(name, help, 'gauge', labelNames)
  }

  /** A histogram without labels; `bounds` rise strictly and leave out +Inf. */
  histogram(name: string, help: string, bounds: readonly number[]): HistogramCell {
    return this.histograms(name, help, [], bounds).with()
  }

  /** Histograms of one name, one per combination of label values; none of the labels is `le`. */
  histograms(
    name: string,
    help: string,
    labelNames: readonly string[],
    bounds: readonly number[],
  ): HistogramFamily {
    const cells = new Map<string, CountedHistogram>()
    this.#add({
      name,
      help,
      kind: 'histogram',
      write(lines) {
        for (const [pairs, cell] of cells) cell.write(lines, name, pairs)
      },
    })
    return {
      with(...labelValues) {
        const pairs = formatPairs(name, labelNames, labelValues)
        let cell = cells.get(pairs)
        if (cell === undefined) {
          cell = new CountedHistogram(bounds)
          cells.set(pairs, cell)
        }
        return cell
      },
    }
  }

  /** Registers a function that refreshes gauges right before they are written. */
  onCollect(refresh: () => void): void {
    this.#collectors.push(refresh)
  }

  /** Everything in the text format 0.0.4. */
  render(): string {
    for (const refresh of this.#collectors) refresh()
    const lines: string[] = []
    for (const entry of this.#entries.values()) {
      lines.push(`# HELP ${entry.name} ${entry.help}`, `# TYPE ${entry.name} ${entry.kind}`)
      entry.write(lines)
    }
    return `${lines.join('\n')}\n`
  }

  /** A part that is started again gets the family that it had. */
  #family(name: string, help: string, kind: Kind, labelNames: readonly string[]): Family {
    const known = this.#families.get(name)
    if (known !== undefined) return known
    const cells = new Map<string, NumberCell>()
    const keyOf = (values: string[]): string => {
      const pairs = formatPairs(name, labelNames, values)
      return pairs === '' ? '' : `{${pairs}}`
    }
    this.#add({
      name,
      help,
      kind,
      write(lines) {
        for (const [key, cell] of cells) lines.push(`${name}${key} ${formatValue(cell.value)}`)
      },
    })
    const family: Family = {
      with(...labelValues) {
        const key = keyOf(labelValues)
        let cell = cells.get(key)
        if (cell === undefined) {
          cell = new NumberCell()
          cells.set(key, cell)
        }
        return cell
      },
      without(...labelValues) {
        cells.delete(keyOf(labelValues))
      },
    }
    if (labelNames.length === 0) family.with()
    this.#families.set(name, family)
    return family
  }

  #add(entry: Entry): void {
    assert(!this.#entries.has(entry.name), `metric ${entry.name} to be registered once`)
    this.#entries.set(entry.name, entry)
  }
}

/** `a="x",b="y"`; '' for no labels. */
function formatPairs(name: string, labelNames: readonly string[], values: string[]): string {
  assert(values.length === labelNames.length, `${labelNames.length} label values for ${name}`)
  return values.map((value, i) => `${labelNames[i]}="${escapeValue(value)}"`).join(',')
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
