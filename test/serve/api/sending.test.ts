/** What the pages are told about destinations and senders. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DestinationStatus, SenderStatus } from '../../../src/model/sending.ts'
import { handleDestinations, handleSenders } from '../../../src/serve/api/sending.ts'

const DESTINATION: DestinationStatus = {
  name: 'far',
  kind: 'remote_write',
  address: 'http://127.0.0.1:9/api/v1/write',
  health: 'retrying',
  received: 10,
  written: 4,
  dropped: { queue_full: 2, too_old: 1 },
  queued: 3,
  exemplars: { received: 5, written: 1, dropped: { unrepresentable: 4 }, queued: 0 },
  queuedBytes: 99,
  queuedBytesMax: 1000,
  queuedSeconds: 12.5,
  retried: 7,
  writesRunning: 1,
  shards: 1,
  lastError: 'connection refused',
  lastErrorMs: 1_700_000_000_000,
  lastWriteMs: 0,
  newestWrittenMs: 0,
}

test('a destination tells its counters, its reasons by name and its times as texts', () => {
  const { body } = handleDestinations({ destinations: () => [DESTINATION] })
  const { data } = JSON.parse(String(body))
  const [first] = data.destinations
  assert.equal(first.name, 'far')
  assert.deepEqual(first.dropped, { queue_full: 2, too_old: 1 })
  assert.deepEqual(first.exemplars, DESTINATION.exemplars)
  assert.equal(first.lastErrorTime, '2023-11-14T22:13:20.000Z')
  assert.equal(first.lastWrite, '0001-01-01T00:00:00Z', 'never is the zero time')
  assert.equal(first.lastWriteMs, undefined)
})

test('a sender tells when it was seen last and what was refused of it', () => {
  const sender: SenderStatus = {
    name: 'edge-1',
    address: '127.0.0.1:50000',
    version: '0.1.0',
    tenant: '',
    protocol: 'stream',
    isConnected: true,
    lastSeenMs: 1_700_000_000_000,
    samples: 5,
    refused: { too_old: 1 },
    series: 7,
    lastError: '',
    lagSeconds: 0,
  }
  const { data } = JSON.parse(String(handleSenders({ senders: () => [sender] }).body))
  assert.equal(data.senders[0].lastSeen, '2023-11-14T22:13:20.000Z')
  assert.equal(data.senders[0].refused.too_old, 1)
})
