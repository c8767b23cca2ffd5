/** Build, process and store in figures. */
import type { JSX } from 'preact'
import { describeDuration } from '../format/duration.ts'
import { formatTime } from '../format/time.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { zone } from '../shell/settings.ts'
import type { Overview } from './data.ts'
import type { StoreFigures } from './ownmetrics.ts'

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
        <Facts title="Store" facts={storeFacts(data)} />
        <Facts title="Process" facts={processFacts(data)} />
        <Facts title="Build" facts={buildFacts(data)} />
      </div>
    </>
  )
}

/** What one looks for first. */
function Tiles({ data }: { data: Overview }): JSX.Element {
  const { runtime, store, figures } = data
  const diskBytes = (figures.blockBytes ?? 0) + (figures.logBytes ?? 0)
  const tiles: Fact[] = [
    ['Series in the head', formatCount(store.headStats.numSeries)],
    ['On disk', formatValue(diskBytes, 'bytes')],
    ['Up for', describeDuration(Date.now() - Date.parse(runtime.startTime))],
    ['Keeps', runtime.storageRetention || 'everything'],
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

function storeFacts({ store, runtime, figures }: Overview): Fact[] {
  const { numSeries, numLabelPairs, chunkCount, minTime, maxTime } = store.headStats
  const hasData = numSeries > 0
  return [
    ['Series', formatCount(numSeries)],
    ['Label pairs', formatCount(numLabelPairs)],
    ['Chunks', formatCount(chunkCount)],
    ['Oldest sample in the head', hasData ? formatTime(minTime, zone.value) : '–'],
    ['Newest sample', hasData ? formatTime(maxTime, zone.value) : '–'],
    ...diskFacts(figures),
    ['Retention', runtime.storageRetention || 'everything'],
    ['Damaged pieces found', formatCount(runtime.corruptionCount)],
  ]
}

function diskFacts({ blockCount, blockBytes, logBytes, headBytes }: StoreFigures): Fact[] {
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
