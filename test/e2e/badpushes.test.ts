/** What cannot be taken of pushed samples, at a store and at a gateway before it: status, reason, and that the rest is kept. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort, startRole, type TestProcess, temporaryFolder } from '../support/processes.ts'
import { encodeRawRequest, literalSnappy, type RawSeries } from '../support/remotewrite.ts'

const folder = temporaryFolder('badpushes')
const store: TestProcess = await startRole('server', [
  `--storage.path=${join(folder.path, 'data')}`,
  '--log.level=error',
])
const config = join(folder.path, 'gateway.yml')
writeFileSync(config, `remote_write: [{name: store, url: '${store.url}/api/v1/write'}]\n`)
const gateway: TestProcess = await startRole('gateway', [
  `--config.file=${config}`,
  `--gateway.grpc-address=127.0.0.1:${await freePort()}`,
  '--log.level=error',
])
after(async () => {
  await Promise.all([gateway.kill(), store.kill()])
  folder.remove()
})

const HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
const HOUR_MS = 3_600_000
const MIB = 1024 * 1024

interface Answer {
  readonly status: number
  readonly text: string
}

async function post(
  end: TestProcess,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const reply = await fetch(`${end.url}/api/v1/write`, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { ...HEADERS, ...headers },
  })
  return { status: reply.status, text: (await reply.text()).trim() }
}

async function counterOf(end: TestProcess, line: string): Promise<number> {
  const text = await (await fetch(`${end.url}/metrics`)).text()
  const found = text.split('\n').find((each) => each.startsWith(`${line} `))
  return found === undefined ? 0 : Number(found.slice(line.length + 1))
}

/** Whether the store has a series. */
async function isKept(name: string): Promise<boolean> {
  const query = new URLSearchParams({ query: name })
  const reply = await fetch(`${store.url}/api/v1/query?${query}`)
  const { data } = (await reply.json()) as { data: { result: unknown[] } }
  return data.result.length > 0
}

function seriesOf(pairs: RawSeries['pairs'], timeMs: number): RawSeries {
  return { pairs, samples: [[timeMs, 1]] }
}

const NO_TEXT = Buffer.of(0x61, 0xff, 0xfe)

/** Name, labels, how far from now, reason, and who finds it: both, or the store alone. */
const BAD_SERIES: readonly (readonly [
  string,
  RawSeries['pairs'],
  number,
  string,
  'both' | 'store',
])[] = [
  ['no metric name', [['job', 'a']], 0, 'missing_name', 'both'],
  ['an empty metric name', [['__name__', '']], 0, 'missing_name', 'both'],
  [
    'an empty label name',
    [
      ['', 'x'],
      ['__name__', 'bad'],
    ],
    0,
    'empty_label_name',
    'both',
  ],
  [
    'a label twice',
    [
      ['__name__', 'bad'],
      ['x', '1'],
      ['x', '2'],
    ],
    0,
    'duplicate_label',
    'both',
  ],
  [
    'a label twice, apart',
    [
      ['x', '1'],
      ['__name__', 'bad'],
      ['x', '1'],
    ],
    0,
    'duplicate_label',
    'both',
  ],
  [
    'a name that is no UTF-8',
    [
      ['__name__', 'bad'],
      [NO_TEXT, 'x'],
    ],
    0,
    'invalid_utf8',
    'both',
  ],
  ['a value that is no UTF-8', [['__name__', NO_TEXT]], 0, 'invalid_utf8', 'both'],
  [
    'a value that is too long',
    [
      ['__name__', 'bad'],
      ['x', 'v'.repeat(4097)],
    ],
    0,
    'label_value_too_long',
    'both',
  ],
  ['a time an hour ahead', [['__name__', 'bad']], HOUR_MS, 'too_far_in_future', 'both'],
  ['a time of long ago', [['__name__', 'bad']], -20 * 365 * 24 * HOUR_MS, 'too_old', 'store'],
]

for (const [role, end] of [
  ['server', store],
  ['gateway', gateway],
] as const) {
  for (const [i, [what, pairs, awayMs, reason, who]] of BAD_SERIES.entries()) {
    test(`${role}: a series with ${what} is refused as ${reason}, its neighbours are kept`, async () => {
      const names = ['before', 'behind'].map((word) => `${role}_${word}_${i}`)
      const nowMs = Date.now()
      const good = names.map((name) => seriesOf([['__name__', name]], nowMs))
      const finder = who === 'both' ? end : store
      const counter = `narthex_remote_write_refused_total{reason="${reason}"}`
      const before = await counterOf(finder, counter)
      const { status, text } = await post(
        end,
        encodeRawRequest([good[0], seriesOf(pairs, nowMs + awayMs), good[1]]),
      )
      assert.equal(status, 400, text)
      assert.match(text, new RegExp(`1 item of the request: .*: ${reason}`))
      assert.equal(text.split('\n').length, 1, 'one line')
      assert.equal(await counterOf(finder, counter), before + 1)
      for (const name of names) assert.ok(await isKept(name), name)
    })
  }

  test(`${role}: labels in any order are taken`, async () => {
    const name = `${role}_unsorted`
    const pairs = [
      ['z', '1'],
      ['__name__', name],
      ['a', '2'],
    ] as const
    const { status, text } = await post(end, encodeRawRequest([seriesOf(pairs, Date.now())]))
    assert.equal(status, 204, text)
    assert.ok(await isKept(`${name}{a="2",z="1"}`))
  })

  for (const [what, body, headers, status, reason, text] of [
    ['wrong snappy', Buffer.from('hello'), {}, 400, 'snappy', /cannot decode snappy: /],
    ['nothing', Buffer.alloc(0), {}, 400, 'snappy', /cannot decode snappy: /],
    [
      'a length that is not its own',
      Buffer.of(9, 0, 0x61),
      {},
      400,
      'snappy',
      /cannot decode snappy: /,
    ],
    [
      'a declared length of 4 GiB',
      Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0),
      {},
      413,
      'too_big',
      /4294967295 bytes declared, the bound is 33554432 \(--limit\.decoded-bytes\)/,
    ],
    [
      'wrong protobuf',
      literalSnappy(Buffer.of(0x0a, 0x7f, 1)),
      {},
      400,
      'message',
      /cannot decode /,
    ],
    [
      'a field number of 0',
      literalSnappy(Buffer.of(0x02, 0x01, 0x61)),
      {},
      400,
      'message',
      /cannot decode /,
    ],
    [
      'gzip',
      Buffer.alloc(1),
      { 'content-encoding': 'gzip' },
      415,
      'media_type',
      /"gzip", wanted snappy/,
    ],
    [
      'another message',
      Buffer.alloc(1),
      { 'content-type': 'application/x-protobuf;proto=other' },
      415,
      'media_type',
      /wanted prometheus\.WriteRequest or io\.prometheus\.write\.v2\.Request/,
    ],
  ] as const) {
    test(`${role}: a request with ${what} is ${status}, and counted as ${reason}`, async () => {
      const counter = `narthex_remote_write_refused_requests_total{reason="${reason}"}`
      const before = await counterOf(end, counter)
      const answer = await post(end, body, headers)
      assert.equal(answer.status, status, answer.text)
      assert.match(answer.text, text)
      assert.equal(answer.text.split('\n').length, 1, 'one line')
      assert.equal(await counterOf(end, counter), before + 1)
    })
  }

  test(`${role}: a body above the bound is 413, however much of it comes`, async () => {
    const { status, text } = await post(end, new Uint8Array(17 * MIB))
    assert.equal(status, 413)
    assert.match(text, /at most 16777216/)
  })
}
