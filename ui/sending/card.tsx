/** One destination: whether it takes what it gets, how fast, and what waits. */
import type { JSX } from 'preact'
import { Spark } from '../chart/spark.tsx'
import { describeDuration } from '../format/duration.ts'
import { formatTime } from '../format/time.ts'
import { formatCount, formatValue } from '../format/value.ts'
import { Ago } from '../shell/ago.tsx'
import { Icon } from '../shell/icon.tsx'
import { zone } from '../shell/settings.ts'
import { type Destination, sharesOf, timeOf } from './destination.ts'
import type { Flow } from './load.ts'
import { LOOKS } from './looks.ts'

/** A queue fuller than this is told apart. */
const FULL_WARN = 0.8

interface DestinationCardProps {
  readonly destination: Destination
  /** Absent until it was asked for. */
  readonly flow: Flow | undefined
  /** Whether the address names it. */
  readonly isChosen: boolean
}

export function DestinationCard(props: DestinationCardProps): JSX.Element {
  const { destination, flow, isChosen } = props
  const { name, kind, address, health, lastError } = destination
  return (
    <section
      class={isChosen ? 'card destination is-chosen' : 'card destination'}
      data-destination={name}
      aria-label={`Destination ${name}`}
    >
      <header class="destination-head">
        <h2>
          <a href={`#${encodeURIComponent(name)}`} title="Link to this destination">
            {name}
          </a>
        </h2>
        <span class={`badge ${LOOKS[health]}`}>{health}</span>
        <span class="chip">{kind}</span>
        <span class="mono soft destination-address">{address}</span>
      </header>
      {lastError !== '' && (
        <p class="note bad">
          <Icon name="warn" />
          <span>
            {lastError} <LastErrorTime text={destination.lastErrorTime} />
          </span>
        </p>
      )}
      <div class="destination-body">
        <FlowView name={name} flow={flow} />
        <div class="destination-counts">
          <Balance destination={destination} />
          <FactList destination={destination} />
        </div>
      </div>
    </section>
  )
}

function LastErrorTime({ text }: { text: string }): JSX.Element | null {
  const timeMs = timeOf(text)
  if (timeMs === undefined) return null
  return <span class="error-time">{`(${formatTime(timeMs, zone.value)})`}</span>
}

function FlowView({ name, flow }: { name: string; flow: Flow | undefined }): JSX.Element {
  return (
    <div class="flow">
      <p class="flow-rates">
        <strong>{rateOf(flow?.writtenPerSecond)}</strong>
        <span class="soft">written</span>
        <span class="faint">{`of ${rateOf(flow?.receivedPerSecond)}`}</span>
      </p>
      <Spark points={flow?.written ?? []} label={`Samples written to ${name}`} />
    </div>
  )
}

function rateOf(perSecond: number | undefined): string {
  return perSecond === undefined ? '–' : formatValue(perSecond, 'per second')
}

/** What became of what was received: the bar for the eye, the numbers to check it. */
function Balance({ destination }: { destination: Destination }): JSX.Element {
  const shares = sharesOf(destination)
  const reasons = Object.entries(destination.dropped).filter(([, count]) => count > 0)
  return (
    <div class="balance">
      <div class="balance-bar" aria-hidden="true">
        {shares
          .filter(({ count }) => count > 0)
          .map(({ fate, part }) => (
            <i key={fate} class={`fate-${fate}`} style={{ flexGrow: part }} />
          ))}
      </div>
      <p class="balance-text">
        <span>
          <b>{formatCount(destination.received)}</b> received =
        </span>
        {shares.map(({ fate, count }, index) => (
          <span key={fate}>
            {index > 0 && '+ '}
            <i class={`swatch fate-${fate}`} aria-hidden="true" /> <b>{formatCount(count)}</b>{' '}
            {fate}
          </span>
        ))}
        {reasons.length > 0 && (
          <span class="faint">
            {`(${reasons.map(([reason, count]) => `${reason} ${formatCount(count)}`).join(', ')})`}
          </span>
        )}
      </p>
    </div>
  )
}

function FactList({ destination }: { destination: Destination }): JSX.Element {
  const { queuedBytes, queuedBytesMax, queuedSeconds, queued, writesRunning, shards } = destination
  const full = queuedBytesMax > 0 ? queuedBytes / queuedBytesMax : 0
  return (
    <dl class="destination-facts">
      <div class={full > FULL_WARN ? 'is-warn' : undefined}>
        <dt>Queue</dt>
        <dd>{`${formatValue(queuedBytes, 'bytes')} of ${formatValue(queuedBytesMax, 'bytes')}`}</dd>
      </div>
      <div>
        <dt>Oldest waits for</dt>
        <dd>{queued > 0 ? describeDuration(queuedSeconds * 1000) : 'nothing waits'}</dd>
      </div>
      <div>
        <dt>Writes running</dt>
        <dd>{`${formatCount(writesRunning)} of ${formatCount(shards)}`}</dd>
      </div>
      <div>
        <dt>Sent again</dt>
        <dd>{formatCount(destination.retried)}</dd>
      </div>
      <div>
        <dt>Last write</dt>
        <dd>
          <Ago timeMs={timeOf(destination.lastWrite)} never="none yet" />
        </dd>
      </div>
      <div>
        <dt>Newest sample written</dt>
        <dd>
          <Ago timeMs={timeOf(destination.newestWritten)} never="none yet" />
        </dd>
      </div>
    </dl>
  )
}
