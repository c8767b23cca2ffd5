/** Which senders are shown, in which order, under which address. */
import assert from 'node:assert/strict'
import test from 'node:test'
import {
  formatState,
  keyOf,
  parseState,
  refusedOf,
  type Sender,
  shownSenders,
  sortBy,
} from '../../../ui/senders/sender.ts'
import { streamAddress } from '../../../ui/senders/streamaddress.ts'

const sender = (name: string, part: Partial<Sender>): Sender => ({
  name,
  address: '127.0.0.1:4000',
  version: '0.4.0',
  tenant: '',
  protocol: 'stream',
  isConnected: true,
  lastSeen: '2026-08-01T09:30:00Z',
  series: 10,
  samples: 100,
  refused: {},
  lastError: '',
  lagSeconds: 1,
  ...part,
})
const ALL = [
  sender('edge-2', { lagSeconds: 90, tenant: 'team' }),
  sender('edge-1', { lagSeconds: 5, lastSeen: '2026-08-01T09:00:00Z', isConnected: false }),
  sender('가장자리', { refused: { too_old: 3, invalid: 4 } }),
]
const RATES = new Map([
  [keyOf(ALL[1]), 10],
  [keyOf(ALL[0]), 20],
  [keyOf(ALL[2]), undefined],
])

const names = (search: string): string[] =>
  shownSenders(ALL, parseState(search), RATES).map(({ name }) => name)

for (const [search, wanted] of [
  ['', ['edge-1', 'edge-2', '가장자리']],
  ['?order=desc', ['가장자리', 'edge-2', 'edge-1']],
  ['?sort=lag', ['edge-2', 'edge-1', '가장자리']],
  ['?sort=lag&order=asc', ['가장자리', 'edge-1', 'edge-2']],
  ['?sort=seen', ['edge-1', 'edge-2', '가장자리']],
  ['?sort=rate', ['edge-2', 'edge-1', '가장자리']],
  ['?sort=constructor', ['edge-1', 'edge-2', '가장자리']],
  ['?connected=no', ['edge-1']],
  ['?search=TEAM', ['edge-2']],
  ['?search=nobody', []],
] as const) {
  test(`${search || 'no state'} shows ${wanted.join(', ') || 'none'}`, () => {
    assert.deepEqual(names(search), wanted)
  })
}

test('a state is written as it is read', () => {
  for (const search of [
    '',
    'sort=lag',
    'sort=lag&order=asc',
    'order=desc',
    'search=a&connected=no',
  ]) {
    assert.equal(formatState(parseState(search)), search)
  }
})

test('a head that is clicked sorts the worst first, then the other way', () => {
  const byLag = sortBy(parseState(''), 'lag')
  assert.equal(formatState(byLag), 'sort=lag')
  assert.equal(formatState(sortBy(byLag, 'lag')), 'sort=lag&order=asc')
})

test('what was refused is counted over its reasons', () => {
  assert.equal(refusedOf(ALL[2]), 7)
})

for (const [flag, wanted] of [
  ['127.0.0.1:9393', '127.0.0.1:9393'],
  ['0.0.0.0:9393', 'page.example:9393'],
  ['[::]:9393', 'page.example:9393'],
  [':9393, 127.0.0.1:1', 'page.example:9393'],
  ['[::1]:9393', '[::1]:9393'],
  ['', ''],
] as const) {
  test(`agents reach a gateway that listens on "${flag}" at "${wanted}"`, () => {
    assert.equal(streamAddress(flag, 'page.example'), wanted)
  })
}

test('senders of one name are told apart by how they send, and nameless ones by what they are', () => {
  const pushes = { protocol: 'remote write', address: '10.0.0.1', version: 'Prometheus/3' }
  const all = [
    sender('a', {}),
    sender('a', { tenant: 'a', protocol: 'OTLP' }),
    sender('a', { tenant: 'a', protocol: 'remote write' }),
    sender('10.0.0.1', pushes),
    sender('10.0.0.1', { ...pushes, version: 'vmagent' }),
  ]
  assert.equal(new Set(all.map(keyOf)).size, all.length)
  const moved = sender('a', { tenant: 'a', protocol: 'OTLP', address: '10.0.0.9', version: 'x' })
  assert.equal(keyOf(moved), keyOf(all[1]))
})
