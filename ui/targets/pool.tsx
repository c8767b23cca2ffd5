/** The targets of one scrape pool. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Metric } from '../api/columns.ts'
import { describeDuration } from '../format/duration.ts'
import { formatTime } from '../format/time.ts'
import { formatCount } from '../format/value.ts'
import { Icon } from '../shell/icon.tsx'
import { zone } from '../shell/settings.ts'
import { type Dropped, type Pool, type Target, targetKey } from './target.ts'

/** Targets shown before a person asks for all. */
const TARGETS_FIRST = 100
const LOOKS = { up: 'good', down: 'bad', unknown: 'warn' } as const

interface PoolViewProps {
  readonly pool: Pool
  readonly samples: ReadonlyMap<string, number>
  readonly isFolded: boolean
  readonly onFold: (isFolded: boolean) => void
}

export function PoolView({ pool, samples, isFolded, onFold }: PoolViewProps): JSX.Element {
  const [shownMax, setShownMax] = useState(TARGETS_FIRST)
  const hasSamples = samples.size > 0
  const up = pool.targets.filter((target) => target.health === 'up').length
  return (
    <details
      class="card pool"
      open={!isFolded}
      onToggle={(event) => onFold(!event.currentTarget.open)}
    >
      <summary>
        <Icon name="down" />
        <h2>{pool.name}</h2>
        {pool.targets.length > 0 && (
          <span class={up === pool.targets.length ? 'badge good' : 'badge bad'}>
            {`${up} / ${pool.targets.length} up`}
          </span>
        )}
        {pool.droppedCount > 0 && (
          <span class="faint">{`${formatCount(pool.droppedCount)} dropped`}</span>
        )}
      </summary>
      {pool.targets.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">Health</th>
              <th scope="col">Labels</th>
              <th scope="col" class="number">
                Last scrape
              </th>
              <th scope="col" class="number">
                Took
              </th>
              {hasSamples && (
                <th scope="col" class="number">
                  Samples
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {pool.targets.slice(0, shownMax).map((target) => (
              <TargetRow
                key={`${target.scrapeUrl}|${targetKey(target.labels)}`}
                target={target}
                samples={hasSamples ? (samples.get(targetKey(target.labels)) ?? '–') : undefined}
              />
            ))}
          </tbody>
        </table>
      )}
      {pool.targets.length > shownMax && (
        <button type="button" class="button bare" onClick={() => setShownMax(pool.targets.length)}>
          {`Show ${formatCount(pool.targets.length - shownMax)} more`}
        </button>
      )}
      {pool.droppedCount > 0 && <DroppedList pool={pool} />}
    </details>
  )
}

interface TargetRowProps {
  readonly target: Target
  /** Undefined where nobody here can be asked. */
  readonly samples: number | '–' | undefined
}

function TargetRow({ target, samples }: TargetRowProps): JSX.Element {
  return (
    <tr class={target.health === 'down' ? 'is-down' : undefined}>
      <td class="target-url">
        <TargetAddress url={target.scrapeUrl} />
        <Discovered labels={target.discoveredLabels} />
      </td>
      <td data-title="Health">
        <span class={`badge ${LOOKS[target.health]}`}>{target.health}</span>
      </td>
      <td class="target-labels">
        <Labels labels={target.labels} />
        {target.lastError !== '' && (
          <p class="note bad">
            <Icon name="warn" />
            <span>{target.lastError}</span>
          </p>
        )}
      </td>
      <td class="number" data-title="Last scrape">
        <LastScrape target={target} />
      </td>
      <td class="number" data-title="Took">
        {describeDuration(target.lastScrapeDuration * 1000)}
      </td>
      {samples !== undefined && (
        <td class="number" data-title="Samples">
          {samples === '–' ? samples : formatCount(samples)}
        </td>
      )}
    </tr>
  )
}

/** A link only where it surely leads to a web page. */
function TargetAddress({ url }: { url: string }): JSX.Element {
  if (!/^https?:\/\//.test(url)) return <span class="mono">{url}</span>
  return (
    <a class="mono" href={url} rel="noreferrer">
      {url}
    </a>
  )
}

function LastScrape({ target }: { target: Target }): JSX.Element {
  const timeMs = Date.parse(target.lastScrape)
  if (!(timeMs > 0)) return <span class="faint">not yet</span>
  const title = `${formatTime(timeMs, zone.value)}, every ${target.scrapeInterval}, at most ${target.scrapeTimeout}`
  return <span title={title}>{`${describeDuration(Math.max(0, Date.now() - timeMs))} ago`}</span>
}

function Discovered({ labels }: { labels: Metric }): JSX.Element {
  return (
    <details class="discovered">
      <summary>before relabelling</summary>
      <Labels labels={labels} />
    </details>
  )
}

function DroppedList({ pool }: { pool: Pool }): JSX.Element {
  const unlisted = pool.droppedCount - pool.dropped.length
  return (
    <details class="dropped">
      <summary>{`Dropped by relabelling (${formatCount(pool.droppedCount)})`}</summary>
      <ul>
        {pool.dropped.slice(0, TARGETS_FIRST).map((dropped: Dropped) => (
          <li key={targetKey(dropped.discoveredLabels)}>
            <Labels labels={dropped.discoveredLabels} />
          </li>
        ))}
      </ul>
      {unlisted > 0 && <p class="faint">{`${formatCount(unlisted)} more are not kept.`}</p>}
    </details>
  )
}

function Labels({ labels }: { labels: Metric }): JSX.Element {
  return (
    <span class="chips">
      {Object.entries(labels).map(([name, value]) => (
        <span class="chip" key={name}>
          <span>
            {name}=<b>{value}</b>
          </span>
        </span>
      ))}
    </span>
  )
}
