/** Build, process and store in figures. */
import type { JSX } from 'preact'
import type { Store } from '../api/tsdb.ts'
import { describeDuration } from '../format/duration.ts'
import { formatTime } from '../format/time.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { zone } from '../shell/settings.ts'
import type { Overview } from './data.ts'
import type { OwnFigures } from './ownmetrics.ts'

type Fact = readonly [string, string]

export function OverviewSection({ data }: { data: Overview }): JSX.Element {
  return (
    <>
      {data.figures.isReadOnly && (
        <p class="note bad" role="alert">
          <Icon name="warn" />
          <span>The store is read-only: nothing new is kept. The log of the server says why.</span>
        </p>
      )}
      <Tiles data={data} />
      <div class="status-grid">
        {data.store !== undefined && (
          <Facts
            title={isOwnStore(data) ? 'Store' : 'Engine that answers'}
            facts={storeFacts(data, data.store)}
          />
        )}
        <Facts title="Process" facts={processFacts(data)} />
        <Facts title="Build" facts={buildFacts(data)} />
      </div>
    </>
  )
}

/** Whether samples are kept in this process: a role that asks another engine keeps none. */
function isOwnStore({ figures }: Overview): boolean {
  return figures.headBytes !== undefined
}

/** What one looks for first. */
function Tiles({ data }: { data: Overview }): JSX.Element {
  const { runtime, build, figures } = data
  const memory = figures.residentBytes
  const tiles: Fact[] = [
    ...storeTiles(data),
    ['Up for', describeDuration(Date.now() - Date.parse(runtime.startTime))],
    ...(isOwnStore(data) ? [] : [['Version', build.buildUser] as const]),
    ...(memory === undefined ? [] : [['Memory', formatValue(memory, 'bytes')] as const]),
    ['Configuration', runtime.reloadConfigSuccess ? 'loaded' : 'last reload failed'],
  ]
  return (
    <ul class="tiles">
      {tiles.map(([name, value]) => (
        <li class="card tile" key={name}>
          <span>{name}</span>
          <strong class={value === 'last reload failed' ? 'is-bad' : undefined}>{value}</strong>
        </li>
      ))}
    </ul>
  )
}

function storeTiles(data: Overview): Fact[] {
  const { runtime, store, figures } = data
  const series = store?.numSeries
  if (!isOwnStore(data)) {
    return series === undefined ? [] : [['Series over there', formatCount(series)]]
  }
  const diskBytes = (figures.blockBytes ?? 0) + (figures.logBytes ?? 0)
  return [
    ['Series in the head', formatCount(series ?? 0)],
    ['On disk', formatValue(diskBytes, 'bytes')],
    ['Keeps', runtime.storageRetention || 'everything'],
  ]
}

function Facts({ title, facts }: { title: string; facts: readonly Fact[] }): JSX.Element {
  return (
    <section class="card status-card">
      <h2>{title}</h2>
      <table class="facts-table">
        <tbody>
          {facts.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function storeFacts(data: Overview, store: Store): Fact[] {
  const { runtime, figures } = data
  const count = (value: number | undefined): string =>
    value === undefined ? '' : formatCount(value)
  const time = (timeMs: number | undefined): string =>
    timeMs === undefined ? '' : formatTime(timeMs, zone.value)
  const facts: Fact[] = [
    ['Series', count(store.numSeries)],
    ['Label pairs', count(store.numLabelPairs)],
    ['Chunks', count(store.chunkCount)],
    ['Oldest sample in the head', time(store.minTimeMs)],
    ['Newest sample', time(store.maxTimeMs)],
    ...diskFacts(figures),
    ['Retention', isOwnStore(data) ? runtime.storageRetention || 'everything' : ''],
    ['Damaged pieces found', isOwnStore(data) ? formatCount(runtime.corruptionCount) : ''],
  ]
  return facts.filter(([, value]) => value !== '')
}

function diskFacts({ blockCount, blockBytes, logBytes, headBytes }: OwnFigures): Fact[] {
  const bytes = (value: number | undefined): string =>
    value === undefined ? '' : formatValue(value, 'bytes')
  const facts: Fact[] = [
    ['Blocks', blockCount === undefined ? '' : formatCount(blockCount)],
    ['Blocks on disk', bytes(blockBytes)],
    ['Log on disk', bytes(logBytes)],
    ['Head in memory', bytes(headBytes)],
  ]
  return facts.filter(([, value]) => value !== '')
}

function processFacts({ runtime }: Overview): Fact[] {
  const limit = runtime.GOMEMLIMIT
  const isLimited = limit !== undefined && limit > 0 && limit < 2 ** 60
  return [
    ['Started', formatTime(Date.parse(runtime.startTime), zone.value)],
    ['Configuration loaded', formatTime(Date.parse(runtime.lastConfigTime), zone.value)],
    ['Last reload', runtime.reloadConfigSuccess ? 'succeeded' : 'failed'],
    ...(runtime.hostname === undefined ? [] : [['Host', runtime.hostname] as const]),
    ['Working folder', runtime.CWD],
    ['Threads', formatCount(runtime.goroutineCount)],
    ['CPUs', formatCount(runtime.GOMAXPROCS)],
    ...(isLimited ? [['Heap limit', formatValue(limit, 'bytes')] as const] : []),
  ]
}

function buildFacts({ build }: Overview): Fact[] {
  const facts: Fact[] = [
    ['Version', build.buildUser],
    ['API of', `Prometheus ${build.version}`],
    ['Revision', build.revision],
    ['Branch', build.branch],
    ['Built at', build.buildDate],
    ['Runtime', build.goVersion],
  ]
  return facts.filter(([, value]) => value !== '')
}
