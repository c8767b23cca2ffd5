/** When the panels ask again: now, or by themselves. */
import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { Icon } from '../shell/icon.tsx'
import { oneOf, stored } from '../shell/stored.ts'

const CHOICES = ['0', '5', '10', '15', '30', '60', '300'] as const
type Seconds = (typeof CHOICES)[number]

const count: Signal<number> = signal(0)
const everySeconds: Signal<Seconds> = stored<Seconds>('refresh', '0', oneOf(...CHOICES))

/** Grows each time that every panel has to ask again. */
export const ticks: ReadonlySignal<number> = count

/** Keeps ticking as chosen, while the page is seen, until the returned function is called. */
export function startTicking(): () => void {
  return effect(() => {
    const seconds = Number(everySeconds.value)
    if (seconds === 0) return
    const timer = window.setInterval(() => {
      if (!document.hidden) count.value++
    }, seconds * 1000)
    return () => window.clearInterval(timer)
  })
}

export function RefreshControl(): JSX.Element {
  return (
    <span class="button-group">
      <button
        type="button"
        class="button icon-only"
        aria-label="Refresh every panel"
        title="Refresh every panel (r)"
        onClick={() => {
          count.value++
        }}
      >
        <Icon name="refresh" />
      </button>
      <select
        class="field"
        aria-label="Refresh by itself"
        title="Refresh by itself"
        value={everySeconds.value}
        onChange={(event) => {
          const { value } = event.currentTarget
          everySeconds.value = CHOICES.find((seconds) => seconds === value) ?? '0'
        }}
      >
        {CHOICES.map((seconds) => (
          <option key={seconds} value={seconds}>
            {describe(Number(seconds))}
          </option>
        ))}
      </select>
    </span>
  )
}

function describe(seconds: number): string {
  if (seconds === 0) return 'Off'
  return seconds < 60 ? `${seconds} s` : `${seconds / 60} min`
}
