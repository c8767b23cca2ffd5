/** From which time retention counts when the data has holes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provenNewestMs } from '../../../src/store/metrics/retention.ts'
import type { WindowName } from '../../../src/store/metrics/windowname.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

/** Windows of two hours without a hole, [fromHour, toHour). */
function windowsOf(
  ...ranges: readonly (readonly [number, number])[]
): { readonly name: WindowName }[] {
  return ranges.flatMap(([fromHour, toHour]) =>
    Array.from({ length: (toHour - fromHour) / 2 }, (_, i) => ({
      name: {
        fromMs: (fromHour + 2 * i) * HOUR_MS,
        toMs: (fromHour + 2 * i + 2) * HOUR_MS,
        generation: 1,
      },
    })),
  )
}

const YEAR = YEAR_MS / HOUR_MS

for (const [name, windows, newestHour, retentionMs, wantedHour] of [
  ['no windows', [], 5, DAY_MS, 5],
  ['no hole', windowsOf([0, 100]), 99, 15 * DAY_MS, 99],
  ['a sample a year ahead, no window for it yet', windowsOf([0, 100]), YEAR, 15 * DAY_MS, 100],
  [
    'an hour of data a year ahead',
    windowsOf([0, 100], [YEAR, YEAR + 2]),
    YEAR + 1,
    15 * DAY_MS,
    100,
  ],
  [
    'almost a day of data behind the leap',
    windowsOf([0, 100], [YEAR, YEAR + 24]),
    YEAR + 23,
    15 * DAY_MS,
    100,
  ],
  [
    'a day of data behind the leap',
    windowsOf([0, 100], [YEAR, YEAR + 24]),
    YEAR + 24,
    15 * DAY_MS,
    YEAR + 24,
  ],
  [
    'two leaps, each with some hours',
    windowsOf([0, 50], [200, 210], [500, 510]),
    510,
    15 * DAY_MS,
    50,
  ],
  [
    'a machine that runs some hours a week',
    windowsOf([0, 6], [168, 174], [336, 342], [504, 510], [672, 678], [840, 846]),
    846,
    15 * DAY_MS,
    342,
  ],
  ['a night without data', windowsOf([0, 100], [112, 116]), 116, 15 * DAY_MS, 116],
  [
    'a hole that is little beside the retention',
    windowsOf([0, 100], [140, 144]),
    144,
    YEAR_MS,
    144,
  ],
  ['a leap, and all is kept for ever', windowsOf([0, 100], [YEAR, YEAR + 2]), YEAR, 0, 100],
  ['windows ahead of the newest', windowsOf([0, 100], [YEAR, YEAR + 2]), 99, 15 * DAY_MS, 99],
  ['a short retention: three hours of data', windowsOf([0, 20], [30, 34]), 33, 3 * HOUR_MS, 33],
  ['a short retention: half an hour of data', windowsOf([0, 20], [30, 32]), 30.5, 3 * HOUR_MS, 20],
] as const) {
  test(`retention counts from the proven newest time: ${name}`, () => {
    assert.equal(provenNewestMs(windows, newestHour * HOUR_MS, retentionMs) / HOUR_MS, wantedHour)
  })
}

test('a store without a sample keeps what it has', () => {
  assert.equal(provenNewestMs(windowsOf([0, 10]), -Infinity, DAY_MS), -Infinity)
})
