/** What senders hear from a gateway: by policy, and by what its destinations say. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort, startRole, type TestProcess, temporaryFolder } from '../support/processes.ts'
import { encodeWriteRequest } from '../support/remotewrite.ts'

const folder = temporaryFolder('gatewayanswers')
const file = join(folder.path, 'gateway.yml')

/** A destination that takes what it gets as long as its status says so. */
let status = 204
/** What it says that it has written of remote write 2.0; '' for nothing. */
let written = ''
const end = createServer((request, reply) => {
  request.resume().on('end', () => {
    reply.statusCode = status
    if (written !== '') reply.setHeader('x-prometheus-remote-write-samples-written', written)
    reply.end(status === 204 ? '' : 'not like this')
  })
})
const endUrl = await new Promise<string>((resolve) => {
  end.listen(0, '127.0.0.1', () =>
    resolve(`http://127.0.0.1:${(end.address() as AddressInfo).port}/write`),
  )
})
const deadPort = await freePort()
const deadUrl = `http://127.0.0.1:${deadPort}/write`

function configure(policy: string, destinations: Readonly<Record<string, string>>): void {
  const entries = Object.entries(destinations).map(
    ([name, url]) => `{name: ${name}, url: '${url}'}`,
  )
  writeFileSync(file, `remote_write: [${entries.join(', ')}]\nnarthex: {policy: ${policy}}\n`)
}

const ALL = { good: endUrl, dead: deadUrl }
configure('all', ALL)
const grpcPort = await freePort()
const gateway: TestProcess = await startRole('gateway', [
  `--config.file=${file}`,
  `--gateway.grpc-address=127.0.0.1:${grpcPort}`,
  '--send.commit-timeout=300ms',
  '--log.level=error',
])
after(async () => {
  await gateway.kill()
  end.close()
  end.closeAllConnections()
  folder.remove()
})

interface Heard {
  readonly door: string
  readonly status: number
  readonly text: string
  readonly retryAfter: string | null
}

const OTLP = JSON.stringify({
  resourceMetrics: [
    { scopeMetrics: [{ metrics: [{ name: 'o', gauge: { dataPoints: [{ asInt: '1' }] } }] }] },
  ],
})

/** One push through each door. */
async function pushAll(): Promise<readonly Heard[]> {
  const sample = encodeWriteRequest([{ labels: { __name__: 'w' }, samples: [[Date.now(), 1]] }])
  const doors: readonly (readonly [string, string, Record<string, string>])[] = [
    [
      '/api/v1/write',
      '',
      { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    ],
    ['/v1/metrics', OTLP, { 'content-type': 'application/json' }],
    ['/write', 'i value=1', {}],
    ['/metrics/job/j', 'p 1\n', {}],
  ]
  return await Promise.all(
    doors.map(async ([door, text, headers]) => {
      const body = text === '' ? Buffer.from(sample) : text
      const reply = await fetch(gateway.url + door, { method: 'POST', body, headers })
      const retryAfter = reply.headers.get('retry-after')
      return { door, status: reply.status, text: await reply.text(), retryAfter }
    }),
  )
}

async function reload(): Promise<{ status: number; text: string }> {
  const reply = await fetch(`${gateway.url}/-/reload`, { method: 'POST' })
  return { status: reply.status, text: await reply.text() }
}

test('policy all with a dead destination: every door says 503, when to come again, and who is dead', async () => {
  for (const { door, status: seen, text, retryAfter } of await pushAll()) {
    assert.equal(seen, 503, `${door}: ${text}`)
    assert.ok(Number(retryAfter) >= 1, door)
    assert.match(text, /cannot pass on samples: destination dead: .*connection refused/, door)
    assert.equal(text.trim().split('\n').length, 1, 'one line')
  }
})

test('a reload changes the policy: any acknowledges what one destination has written', async () => {
  configure('any', ALL)
  assert.equal((await reload()).status, 200)
  for (const { door, status: seen, text } of await pushAll()) {
    assert.ok(seen < 300, `${door}: ${seen} ${text}`)
  }
  configure('quorum', ALL)
  await reload()
  for (const { door, status: seen } of await pushAll()) assert.equal(seen, 503, door)
})

test('a reload that leaves no destination is refused, and nothing is acknowledged unwritten', async () => {
  configure('any', ALL)
  await reload()
  writeFileSync(file, 'narthex: {policy: any}\n')
  const { status: seen, text } = await reload()
  assert.notEqual(seen, 200)
  assert.match(text, /cannot reload: no destination, wanted remote_write or narthex\.destinations/)
  for (const heard of await pushAll()) assert.ok(heard.status < 300, heard.door)
  const reply = await fetch(`${gateway.url}/api/v1/status/destinations`)
  const { data } = (await reply.json()) as { data: { destinations: { name: string }[] } }
  assert.deepEqual(
    data.destinations.map(({ name }) => name),
    ['good', 'dead'],
  )
})

for (const [answer, wanted] of [
  [400, 400],
  [413, 400],
  [401, 503],
  [403, 503],
  [404, 503],
  [429, 503],
  [500, 503],
] as const) {
  test(`a destination that answers ${answer}: senders hear ${wanted} with its words`, async () => {
    configure('all', { good: endUrl })
    status = 204
    await reload()
    status = answer
    for (const { door, status: seen, text, retryAfter } of await pushAll()) {
      assert.equal(seen, wanted, `${door}: ${text}`)
      assert.equal(retryAfter !== null, wanted === 503, door)
      assert.match(text, new RegExp(`destination good: .*HTTP status ${answer} .*not like this`))
    }
  })
}

test('a destination that takes a part: the sender hears how much is refused, and by whom, at its door and in the list', async () => {
  writeFileSync(
    file,
    `remote_write: [{name: part, url: '${endUrl}', protobuf_message: io.prometheus.write.v2.Request}]\nnarthex: {policy: all}\n`,
  )
  status = 400
  written = '2'
  await reload()
  const samples: [number, number][] = [3, 2, 1].map((i) => [Date.now() - i, i])
  const push = async (agent: string): Promise<Response> =>
    await fetch(`${gateway.url}/api/v1/write`, {
      method: 'POST',
      body: Buffer.from(encodeWriteRequest([{ labels: { __name__: 'w' }, samples }])),
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'user-agent': agent,
      },
    })
  const reply = await push('partly/1')
  assert.equal(reply.status, 400)
  assert.equal(
    await reply.text(),
    'cannot take 1 item of the request: destination part: status_400: destination_refused\n',
  )
  const list = await fetch(`${gateway.url}/api/v1/status/senders`)
  const { data } = (await list.json()) as { data: { senders: Record<string, unknown>[] } }
  const sender = data.senders.find(({ version }) => version === 'partly/1')
  assert.deepEqual(
    [sender?.name, sender?.protocol, sender?.samples, sender?.refused],
    ['127.0.0.1', 'remote write', 2, { destination_refused: 1 }],
  )
  written = '3'
  status = 204
  assert.equal((await push('partly/1')).status, 204)
  written = ''
})
