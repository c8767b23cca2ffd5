/** The agent beside its rivals while 2 % of the series of each scrape are new. */
import { LONG_TIMES, NODE, runSettings, type Setting } from './agent.ts'
import type { Table } from './rivals.ts'

const CHURN = { ...NODE, targets: 50, series: 1000, churn: 0.02 } as const

const SHORT: readonly Setting[] = [
  {
    ...CHURN,
    name: '50 × 1000 at 5 s, 2 % new',
    intervalSeconds: 5,
    warmSeconds: 35,
    measureSeconds: 30,
  },
]

/** Soon after the start, when a runtime still compiles, and later. */
const LONG: readonly Setting[] = [
  { ...CHURN, ...LONG_TIMES, name: '50 × 1000 at 15 s, 2 % new' },
  {
    ...CHURN,
    ...LONG_TIMES,
    name: '50 × 1000 at 15 s, 2 % new, after four minutes',
    warmSeconds: 240,
  },
]

export function run(isLong: boolean): Promise<Table[]> {
  return runSettings(isLong ? LONG : SHORT)
}
