/**
 * Names of OpenTelemetry as names of Prometheus: escaped or not, with suffixes or without.
 *
 * @source prometheus/otlptranslator
 */
import type { OtlpConfig } from '../../../config/storageshape.ts'
import type { OtlpMetric } from '../../../wire/otlp.ts'

const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
])

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

/** Names that were made are remembered, up to so many. */
const REMEMBERED_MAX = 10_000

/** Makes names as one configuration wants them. */
export class Namer {
  readonly allowsUtf8: boolean
  readonly #config: OtlpConfig
  readonly #withSuffixes: boolean
  readonly #labels = new Map<string, string>()

  constructor(config: OtlpConfig) {
    const { translationStrategy: strategy } = config
    this.#config = config
    this.allowsUtf8 = strategy === 'NoUTF8EscapingWithSuffixes' || strategy === 'NoTranslation'
    this.#withSuffixes = strategy.endsWith('WithSuffixes')
  }

  /** The family of a metric; '' when nothing of its name is left. */
  metric(metric: OtlpMetric): string {
    if (this.allowsUtf8) return this.#withSuffixes ? withSuffixes(metric) : metric.name
    const escaped = this.#withSuffixes ? joinTokens(metric) : escapeMetricName(metric.name)
    const name = /^\d/.test(escaped) ? `_${escaped}` : escaped
    return name === metric.name || /[^_]/.test(name) ? name : ''
  }

  /** The label of an attribute; '' when nothing of its name is left. */
  label(name: string): string {
    if (this.allowsUtf8) return name
    const known = this.#labels.get(name)
    if (known !== undefined) return known
    if (this.#labels.size === REMEMBERED_MAX) this.#labels.clear()
    const label = this.#escapeLabel(name)
    this.#labels.set(name, label)
    return label
  }

  #escapeLabel(name: string): string {
    let escaped = name.replaceAll(/[^a-zA-Z0-9_]/gu, '_')
    if (!this.#config.labelNamePreserveMultipleUnderscores) {
      const isReserved = escaped.startsWith('__') && escaped.endsWith('__')
      escaped = escaped.replaceAll(/_{2,}/g, '_')
      if (isReserved && escaped.length > 2) escaped = `_${escaped}_`
    }
    if (/^\d/.test(escaped)) return `key_${escaped}`
    const isPrefixed = this.#config.labelNameUnderscoreSanitization && /^_(?!_)/.test(escaped)
    const label = isPrefixed ? `key${escaped}` : escaped
    return label === name || /[^_]/.test(label) ? label : ''
  }
}

/** The unit as metadata have it. */
export function unitName(unit: string): string {
  const [main, per] = unitSuffixes(unit).map(cleanUnit)
  const joined = main !== '' && per !== '' ? `${main}_${per}` : main + per
  return joined.replace(/^_/, '').replace(/_$/, '')
}

/** Unit and what it is per, `per_…`; '' where there is none. Annotations in braces say nothing. */
function unitSuffixes(unit: string): [main: string, per: string] {
  const slash = unit.indexOf('/')
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim()
  const per = slash < 0 ? '' : unit.slice(slash + 1).trim()
  const mainName = /[{}]/.test(main) ? '' : (UNITS.get(main) ?? main)
  const perName = per === '' || /[{}]/.test(per) ? '' : `per_${PER_UNITS.get(per) ?? per}`
  return [mainName, perName]
}

function cleanUnit(unit: string): string {
  return unit
    .replaceAll(/[^a-zA-Z0-9:]/gu, '_')
    .replaceAll(/_{2,}/g, '_')
    .replace(/^_/, '')
}

function escapeMetricName(name: string): string {
  return name
    .split(/[^a-zA-Z0-9:_]+/)
    .filter((part) => part !== '')
    .join('_')
}

/** The name in parts, its unit and its sort behind it, each once. */
function joinTokens({ name, unit, kind, isMonotonic }: OtlpMetric): string {
  let tokens = name.split(/[^a-zA-Z0-9:]+/).filter((part) => part !== '')
  const [main, per] = unitSuffixes(unit).map(cleanUnit)
  const perToken = per === 'per_' ? '' : per.replace(/_$/, '')
  const hasPer = perToken !== '' && !tokens.includes(perToken)
  if (main !== '' && !tokens.includes(main)) tokens.push(hasPer ? main.replace(/_$/, '') : main)
  if (hasPer) tokens.push(perToken)
  if (kind === 'sum' && isMonotonic) {
    tokens = [...tokens.filter((token) => token !== 'total'), 'total']
  }
  if (kind === 'gauge' && unit === '1') {
    tokens = [...tokens.filter((token) => token !== 'ratio'), 'ratio']
  }
  return tokens.join('_')
}

/** The name as it is, with the suffixes that it lacks. */
function withSuffixes({ name, unit, kind, isMonotonic }: OtlpMetric): string {
  let suffixed = name
  let last = ''
  if (unit === '1' && kind === 'gauge') {
    suffixed = trimSuffix(suffixed, 'ratio')
    last = '_ratio'
  }
  if (kind === 'sum' && isMonotonic) {
    suffixed = trimSuffix(suffixed, 'total')
    last = '_total'
  }
  const [main, per] = unitSuffixes(unit)
  if (per !== '') suffixed = trimSuffix(suffixed, per)
  if (main !== '' && !suffixed.endsWith(main)) suffixed += `_${main}`
  if (per !== '') suffixed += `_${per}`
  return suffixed + last
}

function trimSuffix(name: string, suffix: string): string {
  const isLonger = name.length > suffix.length + 1
  return isLonger && name.endsWith(suffix) ? name.slice(0, -suffix.length - 1) : name
}
