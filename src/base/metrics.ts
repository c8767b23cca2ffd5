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

/** The metrics of one process. Rooms get it handed in and register at start. */
export class Metrics {
  readonly #entries = new Map<string, Entry>()
  readonly #collectors: (() => void)[] = []

  counter(name: string, help: string, labelNames: readonly string[] = []): Family {
    return this.#family(name, help, 'counter', labelNames)
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Family {
    return this.#family(name, help, 'gauge', labelNames)
  }

  /** A histogram without labels; `bounds` rise strictly and leave out +Inf. */
  histogram(name: string, help: string, bounds: readonly number[]): HistogramCell {
    const counts = new Float64Array(bounds.length + 1)
    let sum = 0
    this.#add({
      name,
      help,
      kind: 'histogram',
      write(lines) {
        let total = 0
        for (let i = 0; i < counts.length; i++) {
          total += counts[i]
          const bound = i < bounds.length ? formatValue(bounds[i]) : '+Inf'
          lines.push(`${name}_bucket{le="${bound}"} ${total}`)
        }
        lines.push(`${name}_sum ${formatValue(sum)}`, `${name}_count ${total}`)
      },
    })
    return {
      observe(value) {
        let i = 0
        while (i < bounds.length && value > bounds[i]) i++
        counts[i] = counts[i] + 1
        sum += value
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

  #family(name: string, help: string, kind: Kind, labelNames: readonly string[]): Family {
    const cells = new Map<string, NumberCell>()
    const keyOf = (values: string[]): string => {
      assert(values.length === labelNames.length, `${labelNames.length} label values for ${name}`)
      return values.length === 0
        ? ''
        : `{${values.map((v, i) => `${labelNames[i]}="${escapeValue(v)}"`).join(',')}}`
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
    return family
  }

  #add(entry: Entry): void {
    assert(!this.#entries.has(entry.name), `metric ${entry.name} to be registered once`)
    this.#entries.set(entry.name, entry)
  }
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
