/** GET /federate: the newest sample of selected series in the text format, for another Prometheus. */
import type { Clock } from '../base/clock.ts'
import { messageOf, NarthexError } from '../base/error.ts'
import { compareLabels, type Labels, labelsFrom, labelValue, METRIC_NAME } from '../model/labels.ts'
import type { Budget, Queryable, Series } from '../model/queryable.ts'
import { isStaleAt } from '../model/stale.ts'
import type { Ask, Reply, Route } from '../net/server/message.ts'
import { readSelectors } from './api/params.ts'
import { requireReady } from './health.ts'

export interface FederateDeps {
  readonly queryable: Queryable
  readonly clock: Clock
  /** ms after which a series without a new sample is gone (--query.lookback-delta). */
  readonly lookbackMs: number
  /** `external_labels` of the configuration, for series that do not have them. */
  externalLabels(): Labels
  isReady(): boolean
}

/** Series of one answer, about 12 µs each on the calling thread; more is for remote write. */
export const SERIES_MAX = 20_000
/** Samples that may be read for one answer. */
export const SAMPLES_MAX = 5_000_000
/** Bytes that reading may take. */
export const BYTES_MAX: number = 256 * 1024 * 1024

const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8'

export function federateRoutes(deps: FederateDeps): Route[] {
  return [
    {
      methods: ['GET'],
      path: '/federate',
      role: 'viewer',
      changes: false,
      body: 'none',
      handle: (ask) => handleFederate(ask, deps),
    },
  ]
}

/** One line for each series that is alive, those of one name together. */
export function handleFederate(ask: Pick<Ask, 'params' | 'signal'>, deps: FederateDeps): Reply {
  requireReady(deps.isReady)
  const toMs = deps.clock.now()
  const fromMs = toMs - deps.lookbackMs + 1
  const sets = readSelectors(ask.params)
  let seriesCount = 0
  for (const set of sets) seriesCount += deps.queryable.estimate(set, fromMs, toMs).seriesCount
  if (seriesCount > SERIES_MAX) throw tooMany(`${seriesCount} series`, `${SERIES_MAX}`)

  const budget = openBudget(ask.signal)
  const byKey = new Map<string, Series>()
  for (const set of sets) {
    for (const series of deps.queryable.select(set, fromMs, toMs, budget)) {
      byKey.set(series.labels.join('\u0000'), series)
    }
  }
  const external = deps.externalLabels()
  const lines = [...byKey.values()].flatMap((series) => sampleOf(series, external))
  return { status: 200, type: EXPOSITION, body: writeLines(lines) }
}

interface Line {
  readonly name: string
  readonly labels: Labels
  readonly text: string
}

/** The newest sample as a line; none where it is a staleness marker. */
function sampleOf(series: Series, external: Labels): Line[] {
  const last = series.to - 1
  if (last < series.from || isStaleAt(series.values, last)) return []
  const labels = withExternal(series.labels, external)
  const name = labelValue(labels, METRIC_NAME)
  const text = `${formatSeries(name, labels)} ${formatValue(series.values[last])} ${series.times[last]}`
  return [{ name, labels, text }]
}

function withExternal(labels: Labels, external: Labels): Labels {
  if (external.length === 0) return labels
  const pairs = (flat: Labels): [string, string][] =>
    Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]])
  return labelsFrom([...pairs(external), ...pairs(labels)])
}

function writeLines(lines: Line[]): string {
  lines.sort((a, b) =>
    a.name === b.name ? compareLabels(a.labels, b.labels) : a.name < b.name ? -1 : 1,
  )
  let text = ''
  let name: string | undefined
  for (const line of lines) {
    if (line.name !== name)
      text += `# TYPE ${isPlain(line.name) ? line.name : quote(line.name)} untyped\n`
    name = line.name
    text += `${line.text}\n`
  }
  return text
}

function formatSeries(name: string, labels: Labels): string {
  const parts = isPlain(name) ? [] : [quote(name)]
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === METRIC_NAME) continue
    const key = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(labels[i]) ? labels[i] : quote(labels[i])
    parts.push(`${key}=${quote(labels[i + 1])}`)
  }
  return `${isPlain(name) ? name : ''}${parts.length === 0 ? '' : `{${parts.join(',')}}`}`
}

function isPlain(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
}

/** A text in the quotes of the format, which knows three escapes. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

function openBudget(signal: AbortSignal): Budget {
  let samples = 0
  let bytes = 0
  return {
    chargeSamples(count) {
      samples += count
      if (samples > SAMPLES_MAX) throw tooMany(`${samples} samples`, `${SAMPLES_MAX}`)
    },
    chargeBytes(sizeBytes) {
      bytes += sizeBytes
      if (bytes > BYTES_MAX) throw tooMany(`${bytes} bytes`, `${BYTES_MAX}`)
    },
    releaseBytes(sizeBytes) {
      bytes -= sizeBytes
    },
    check() {
      if (signal.aborted) throw new NarthexError('canceled', messageOf(signal.reason))
    },
  }
}

function tooMany(seen: string, bound: string): NarthexError {
  return new NarthexError('limit', `cannot federate: ${seen} match, at most ${bound}`)
}
