/** What a person sets once: colour scheme and time zone. */
import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Zone } from '../format/time.ts'
import { oneOf, stored } from './stored.ts'

export type Theme = 'auto' | 'light' | 'dark'

export const theme: Signal<Theme> = stored('theme', 'auto', oneOf<Theme>('auto', 'light', 'dark'))
export const zone: Signal<Zone> = stored('zone', 'local', oneOf<Zone>('local', 'utc'))

const systemDark = window.matchMedia('(prefers-color-scheme: dark)')
const darkNow = signal(isDark())

/** Whether dark colours are shown now; charts redraw when it changes. */
export const dark: ReadonlySignal<boolean> = darkNow

effect(() => {
  document.documentElement.dataset.theme = theme.value
  darkNow.value = isDark()
})
systemDark.addEventListener('change', () => {
  darkNow.value = isDark()
})

function isDark(): boolean {
  return theme.peek() === 'dark' || (theme.peek() === 'auto' && systemDark.matches)
}
