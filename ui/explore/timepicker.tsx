/** Which time a panel shows: quick ranges, a range of one's own, or two ends. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { describeDuration, formatDuration, parseDuration } from '../format/duration.ts'
import { formatField, formatTime, parseField } from '../format/time.ts'
import { Icon } from '../shell/icon.tsx'
import { Popover } from '../shell/popover.tsx'
import { zone } from '../shell/settings.ts'
import type { Panel } from './panel.ts'

const QUICK_RANGES = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '1d', '2d', '7d', '14d', '30d']
/** Longer ranges are refused before the server does. */
const RANGE_MS_MAX = 50 * 365 * 86_400_000
const RANGE_MS_MIN = 2000

/** Moves the shown range by a share of its width; beyond now it follows the clock again. */
export function shiftRange(panel: Panel, share: number): void {
  const { rangeMs, endMs } = panel.state.value
  const movedMs = (endMs ?? Date.now()) + rangeMs * share
  const wholeMs = Math.round(movedMs / 1000) * 1000
  panel.state.value = { ...panel.state.value, endMs: wholeMs >= Date.now() ? undefined : wholeMs }
}

/** Widens or narrows the shown range around its middle, or before now. */
export function scaleRange(panel: Panel, factor: number): void {
  const { rangeMs, endMs } = panel.state.value
  const nextMs = Math.round((rangeMs * factor) / 1000) * 1000
  if (nextMs < RANGE_MS_MIN || nextMs > RANGE_MS_MAX) return
  const nextEndMs =
    endMs === undefined ? undefined : endMs + Math.round((nextMs - rangeMs) / 2000) * 1000
  const isPast = nextEndMs !== undefined && nextEndMs < Date.now()
  panel.state.value = {
    ...panel.state.value,
    rangeMs: nextMs,
    endMs: isPast ? nextEndMs : undefined,
  }
}

export function TimePicker({ panel }: { panel: Panel }): JSX.Element {
  const { rangeMs, endMs } = panel.state.value
  const face =
    endMs === undefined
      ? `Last ${formatDuration(rangeMs)}`
      : `${formatTime(endMs - rangeMs, zone.value)} – ${shortEnd(endMs - rangeMs, endMs)}`
  return (
    <span class="button-group">
      <button
        type="button"
        class="button icon-only"
        aria-label="Earlier"
        title="Earlier by half the range ([)"
        onClick={() => shiftRange(panel, -0.5)}
      >
        <Icon name="left" />
      </button>
      <Popover
        name={`Time range: ${face}`}
        face={
          <>
            <Icon name="clock" />
            {face}
          </>
        }
      >
        {(close) => <Choices panel={panel} close={close} />}
      </Popover>
      <button
        type="button"
        class="button icon-only"
        aria-label="Later"
        title="Later by half the range (])"
        disabled={endMs === undefined}
        onClick={() => shiftRange(panel, 0.5)}
      >
        <Icon name="right" />
      </button>
    </span>
  )
}

/** The end without its date when that is the start's. */
function shortEnd(fromMs: number, toMs: number): string {
  const from = formatTime(fromMs, zone.value)
  const to = formatTime(toMs, zone.value)
  return from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to
}

function Choices({ panel, close }: { panel: Panel; close: () => void }): JSX.Element {
  const { rangeMs, endMs } = panel.state.value
  const choose = (nextRangeMs: number, nextEndMs: number | undefined): void => {
    panel.state.value = { ...panel.state.value, rangeMs: nextRangeMs, endMs: nextEndMs }
    close()
  }
  return (
    <div class="time-choices">
      <section>
        <h3>Until now</h3>
        <ul class="quick">
          {QUICK_RANGES.map((text) => {
            const ms = parseDuration(text) ?? 0
            return (
              <li key={text}>
                <button
                  type="button"
                  class="menu-item"
                  aria-current={endMs === undefined && ms === rangeMs ? 'true' : undefined}
                  onClick={() => choose(ms, undefined)}
                >
                  {describeDuration(ms)}
                </button>
              </li>
            )
          })}
        </ul>
        <OwnRange rangeMs={rangeMs} onChoose={(ms) => choose(ms, endMs)} />
      </section>
      <TwoEnds
        fromMs={(endMs ?? Date.now()) - rangeMs}
        toMs={endMs ?? Date.now()}
        onChoose={(fromMs, toMs) => choose(toMs - fromMs, toMs)}
      />
    </div>
  )
}

interface OwnRangeProps {
  readonly rangeMs: number
  readonly onChoose: (rangeMs: number) => void
}

function OwnRange({ rangeMs, onChoose }: OwnRangeProps): JSX.Element {
  const [text, setText] = useState(formatDuration(rangeMs))
  const ms = parseDuration(text)
  const isValid = ms !== undefined && ms >= RANGE_MS_MIN && ms <= RANGE_MS_MAX
  const submit = (event: Event): void => {
    event.preventDefault()
    if (isValid) onChoose(ms)
  }
  return (
    <form class="own-range" onSubmit={submit}>
      <label>
        <span>Range, like 1h30m</span>
        <input
          class="field"
          value={text}
          aria-invalid={!isValid}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button" disabled={!isValid}>
        Set
      </button>
    </form>
  )
}

interface TwoEndsProps {
  readonly fromMs: number
  readonly toMs: number
  readonly onChoose: (fromMs: number, toMs: number) => void
}

function TwoEnds(props: TwoEndsProps): JSX.Element {
  const [from, setFrom] = useState(formatField(props.fromMs, zone.value))
  const [to, setTo] = useState(formatField(props.toMs, zone.value))
  const fromMs = parseField(from, zone.value)
  const toMs = parseField(to, zone.value)
  const width = fromMs === undefined || toMs === undefined ? 0 : toMs - fromMs
  const isValid = width >= RANGE_MS_MIN && width <= RANGE_MS_MAX
  const submit = (event: Event): void => {
    event.preventDefault()
    if (isValid && fromMs !== undefined && toMs !== undefined) props.onChoose(fromMs, toMs)
  }
  return (
    <form class="two-ends" onSubmit={submit}>
      <h3>{zone.value === 'utc' ? 'Between (UTC)' : 'Between (local time)'}</h3>
      <label>
        <span>From</span>
        <input
          class="field"
          type="datetime-local"
          step="1"
          value={from}
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>To</span>
        <input
          class="field"
          type="datetime-local"
          step="1"
          value={to}
          aria-invalid={!isValid}
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary" disabled={!isValid}>
        Show
      </button>
    </form>
  )
}
