/** Times of the pages: links carry UTC, fields and labels follow the chosen zone. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  formatField,
  formatTime,
  formatUtc,
  parseField,
  parseUtc,
  zonedDate,
} from '../../../ui/format/time.ts'

const TIME_MS = Date.UTC(2026, 7, 1, 9, 30, 5)

test('a link holds UTC, with milliseconds only when there are some', () => {
  assert.equal(formatUtc(TIME_MS), '2026-08-01 09:30:05')
  assert.equal(formatUtc(TIME_MS + 250), '2026-08-01 09:30:05.250')
})

for (const [text, ms] of [
  ['2026-08-01 09:30:05', TIME_MS],
  ['2026-08-01T09:30:05Z', TIME_MS],
  ['2026-08-01 09:30', TIME_MS - 5000],
  ['2026-08-01 09:30:05.250', TIME_MS + 250],
  ['2026-13-01 09:30:05', undefined],
  ['tomorrow', undefined],
  ['', undefined],
] as const) {
  test(`a time of a link: ${JSON.stringify(text)}`, () => assert.equal(parseUtc(text), ms))
}

for (const zone of ['local', 'utc'] as const) {
  test(`a field gives back the time it shows (${zone})`, () => {
    assert.equal(parseField(formatField(TIME_MS, zone), zone), TIME_MS)
    assert.equal(parseField('', zone), undefined)
  })
}

test('the labels of an axis show the chosen zone', () => {
  const date = zonedDate(TIME_MS / 1000, 'utc')
  assert.equal(date.getHours(), 9)
  assert.equal(formatTime(TIME_MS, 'utc'), '2026-08-01 09:30:05')
})
