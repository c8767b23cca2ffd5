/** Senders of single requests: who they are, what is counted of each, and the bounds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { type Heard, type Pusher, Pushers } from '../../../src/collect/receive/pushers.ts'
import type { SenderStatus } from '../../../src/model/sending.ts'
import { ManualClock } from '../../store/log/disk.ts'

interface World {
  readonly pushers: Pushers
  readonly clock: ManualClock
  readonly metrics: Metrics
  one(): SenderStatus
}

function open(sendersMax = 10, inflightBytesMax = 0): World {
  const clock = new ManualClock()
  const metrics = new Metrics()
  const pushers = new Pushers(clock, { sendersMax, inflightBytesMax }, metrics)
  return { pushers, clock, metrics, one: () => pushers.senders()[0] }
}

const pusher = (part: Partial<Pusher> = {}): Pusher => ({
  name: '',
  address: '10.0.0.1',
  agent: 'Prometheus/3.5.0',
  protocol: 'remote write',
  ...part,
})

const heard = (samples: number, newestMs: number, refused: [string, number][] = []): Heard => ({
  acceptedCount: samples,
  histogramCount: 1,
  refusals: { byReason: () => new Map(refused) },
  newestMs,
})

test('a sender has its counts, its lag and what it calls itself', async () => {
  const { pushers, clock, one } = open()
  clock.advance(1_000_000)
  for (const refused of [[], [['too_old', 2]]] as [string, number][][]) {
    await pushers.take(pusher(), 100, async (hear) => {
      hear(heard(4, clock.now() - 1500, refused))
    })
  }
  assert.deepEqual(one(), {
    name: '10.0.0.1',
    address: '10.0.0.1',
    version: 'Prometheus/3.5.0',
    tenant: '',
    protocol: 'remote write',
    isConnected: true,
    lastSeenMs: clock.now(),
    series: 0,
    samples: 10,
    refused: { too_old: 2 },
    lastError: '',
    lagSeconds: 1.5,
  })
})

test('a name is one sender wherever it sends from; without one, address and program tell them apart', async () => {
  const { pushers } = open()
  for (const each of [
    pusher({ name: 'team-a' }),
    pusher({ name: 'team-a', address: '10.0.0.2' }),
    pusher({ name: 'team-a', protocol: 'OTLP' }),
    pusher(),
    pusher({ agent: 'vmagent' }),
    pusher({ address: '10.0.0.2' }),
  ]) {
    await pushers.take(each, 1, async () => {})
  }
  assert.deepEqual(
    pushers.senders().map(({ name, address, protocol }) => [name, address, protocol]),
    [
      ['team-a', '10.0.0.2', 'remote write'],
      ['team-a', '10.0.0.1', 'OTLP'],
      ['10.0.0.1', '10.0.0.1', 'remote write'],
      ['10.0.0.1', '10.0.0.1', 'remote write'],
      ['10.0.0.2', '10.0.0.2', 'remote write'],
    ],
  )
})

test('what goes wrong is shown until a request goes well', async () => {
  const { pushers, one } = open()
  const fails = pushers.take(pusher(), 1, async () => {
    throw new NarthexError('busy', 'cannot pass on samples: x')
  })
  await assert.rejects(fails, /cannot pass on/)
  assert.equal(one().lastError, 'cannot pass on samples: x')
  const faultOf = (text: string): string => text
  await pushers.take(pusher(), 1, async () => 'HTTP status 400: no', faultOf)
  assert.equal(one().lastError, 'HTTP status 400: no')
  await pushers.take(pusher(), 1, async () => '', faultOf)
  assert.equal(one().lastError, '')
})

test('senders beyond the bound are counted together, and make room when others are gone', async () => {
  const { pushers, clock, metrics } = open(2)
  for (const name of ['a', 'b', 'c', 'd']) {
    await pushers.take(pusher({ name }), 1, async (hear) => hear(heard(1, 0)))
  }
  const shown = (): [string, number][] => pushers.senders().map((one) => [one.name, one.samples])
  assert.deepEqual(shown(), [
    ['a', 2],
    ['b', 2],
    ['others', 4],
  ])
  assert.match(metrics.render(), /^narthex_gateway_senders 2$/m)
  assert.match(metrics.render(), /^narthex_gateway_senders_unlisted_total 2$/m)
  clock.advance(121_000)
  assert.ok(
    pushers.senders().every((one) => !one.isConnected),
    'away',
  )
  clock.advance(3_600_000)
  await pushers.take(pusher({ name: 'e' }), 1, async () => {})
  assert.deepEqual(shown(), [['e', 0]])
})

test('more bytes at once than the bound are refused, of this sender only; a single request always passes', async () => {
  const { pushers, metrics } = open(10, 100)
  let end = (): void => {}
  const first = pushers.take(pusher(), 500, () => new Promise<void>((resolve) => (end = resolve)))
  await assert.rejects(
    pushers.take(pusher(), 1, async () => {}),
    {
      kind: 'share',
      message: /500 bytes of this sender .* at most 100 \(--gateway\.sender-inflight-bytes\)/,
    },
  )
  await pushers.take(pusher({ name: 'other' }), 80, async () => {})
  end()
  await first
  await pushers.take(pusher(), 1, async () => {})
  assert.match(metrics.render(), /^narthex_gateway_sender_inflight_refused_total 1$/m)
})
