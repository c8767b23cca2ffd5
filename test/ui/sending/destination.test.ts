/** What destinations add up to, and which of them are shown. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Destination, sharesOf, timeOf, totalsOf } from '../../../ui/sending/destination.ts'
import { filterDestinations, formatFilter, parseFilter } from '../../../ui/sending/filter.ts'

const destination = (part: Partial<Destination>): Destination => ({
  name: 'central',
  kind: 'remote_write',
  address: 'http://127.0.0.1:9390/api/v1/write',
  health: 'sending',
  received: 0,
  written: 0,
  dropped: {},
  queued: 0,
  queuedBytes: 0,
  queuedBytesMax: 1024,
  queuedSeconds: 0,
  retried: 0,
  writesRunning: 0,
  shards: 1,
  lastError: '',
  lastErrorTime: '0001-01-01T00:00:00Z',
  lastWrite: '0001-01-01T00:00:00Z',
  newestWritten: '0001-01-01T00:00:00Z',
  ...part,
})
const CENTRAL = destination({
  received: 100,
  written: 70,
  queued: 10,
  dropped: { too_old: 15, filtered: 5 },
})
const DEAD = destination({
  name: '죽은',
  health: 'retrying',
  received: 100,
  queued: 100,
  lastError: 'ECONNREFUSED',
})
const QUIET = destination({ name: 'quiet', kind: 'file', health: 'idle' })
const ALL = [CENTRAL, QUIET, DEAD]

const names = (search: string): string[] =>
  filterDestinations(ALL, parseFilter(search)).map(({ name }) => name)

test('totals count a sample once for each destination', () => {
  assert.deepEqual(totalsOf(ALL), {
    received: 200,
    written: 70,
    dropped: 20,
    queued: 110,
    queuedBytes: 0,
  })
})

test('the shares add up to what was received', () => {
  const shares = sharesOf(CENTRAL)
  assert.equal(
    shares.reduce((sum, { count }) => sum + count, 0),
    CENTRAL.received,
  )
  assert.equal(
    shares.reduce((sum, { part }) => sum + part, 0),
    1,
  )
  assert.deepEqual(
    sharesOf(QUIET).map(({ part }) => part),
    [0, 0, 0],
  )
})

test('those that retry come first, the others as configured', () => {
  assert.deepEqual(names(''), ['죽은', 'central', 'quiet'])
})

for (const [search, wanted] of [
  ['?health=idle,retrying', ['죽은', 'quiet']],
  ['?search=FILE', ['quiet']],
  ['?search=econn+죽', ['죽은']],
  ['?search=nothing', []],
  ['?health=wrong', ['죽은', 'central', 'quiet']],
] as const) {
  test(`${search} shows ${wanted.join(', ') || 'none'}`, () => {
    assert.deepEqual(names(search), wanted)
  })
}

test('a filter is written as it is read', () => {
  for (const search of ['', 'search=a+b', 'health=retrying%2Cidle', 'search=x&health=sending']) {
    assert.equal(formatFilter(parseFilter(search)), search)
  }
})

test('year 1 is never', () => {
  assert.equal(timeOf('0001-01-01T00:00:00Z'), undefined)
  assert.equal(timeOf(''), undefined)
  assert.equal(timeOf('1970-01-01T00:00:01Z'), 1000)
})
