/** All kinds of destinations at once, of which two are dead and one never answers. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { readConfig } from '../../src/config/config.ts'
import type { DestinationStatus } from '../../src/model/sending.ts'
import { type AnyDestination, addressOf, openWriter } from '../../src/roles/destinations.ts'
import { DEFAULT_SEND_LIMITS, startSending } from '../../src/send/sending.ts'
import { startHttpGate } from '../support/httpgate.ts'
import { PASSWORD, startPostgres } from '../support/postgres.ts'
import { freePort, missingComponents, temporaryFolder, until } from '../support/processes.ts'
import { readWriteRequest, unsnappy } from '../support/remotewritereader.ts'
import { type SimulatedReply, type SimulatedRequest, startSimulated } from '../support/simulated.ts'
import { writerDeps } from './opened.ts'
import { addsUp, appendRow, idsOf, targetLabels } from './support.ts'

const TARGETS = 4
const SERIES = 300
const ROWS = 10
const ALL = TARGETS * SERIES * ROWS
const SECRET = 'a-canary-that-must-not-sing'

/** What becomes of exemplars where they are not written: the ends that have none, and one that keeps none. */
const EXEMPLARS_DROPPED: Readonly<Record<string, string>> = {
  narthex: 'refused_unconfirmed',
  victoriametrics: 'refused_unrepresentable',
  influxdb: 'refused_unrepresentable',
  opentsdb: 'refused_unrepresentable',
  elasticsearch: 'refused_unrepresentable',
  otlp: 'refused_unrepresentable',
  postgresql: 'refused_unrepresentable',
}

/** Takes everything, as each protocol wants to be answered. */
function takeAll({ url, body, headers }: SimulatedRequest): SimulatedReply {
  if (url.pathname === '/_bulk') {
    const items = body
      .toString()
      .trimEnd()
      .split('\n')
      .filter((_, i) => i % 2 === 0)
      .map(() => ({ create: { status: 201 } }))
    return { status: 200, body: JSON.stringify({ errors: false, items }) }
  }
  if (headers['x-prometheus-remote-write-version'] === '2.0.0') {
    const { series } = readWriteRequest(2, unsnappy(body))
    return { status: 204, headers: { 'x-prometheus-remote-write-samples-written': series.length } }
  }
  return { status: 204 }
}

test('dead ends and one that never answers delay no other, and all counts add up', {
  skip: missingComponents('postgres', 'initdb') ?? false,
}, async (t) => {
  const folder = temporaryFolder('composite')
  const postgres = await startPostgres()
  const server = await startSimulated(takeAll)
  const slow = await startHttpGate(server.url)
  slow.trouble('hang', Infinity)
  const deadPort = await freePort()
  t.after(async () => {
    slow.close()
    server.close()
    await postgres.stop()
    folder.remove()
  })
  const login = `user: narthex, password: "${PASSWORD}", database: postgres`
  const yaml = `
remote_write: [{name: remote_write, url: "${server.url}/api/v1/write"}]
narthex:
  destinations:
    - {name: narthex, type: narthex, url: "${server.url}"}
    - {name: victoriametrics, type: victoriametrics, url: "${server.url}"}
    - {name: influxdb, type: influxdb, url: "${slow.url}", org: o, bucket: b, token: ${SECRET}}
    - {name: opentsdb, type: opentsdb, url: "${server.url}"}
    - {name: elasticsearch, type: elasticsearch, url: "${server.url}", basic_auth: {username: u, password: ${SECRET}}}
    - {name: otlp, type: otlp, url: "http://user:${SECRET}@127.0.0.1:${new URL(server.url).port}"}
    - {name: postgresql, type: postgresql, host: 127.0.0.1, port: ${postgres.port}, ${login}}
    - {name: file, type: file, path: "${join(folder.path, 'out.jsonl')}"}
    - {name: kafka, type: kafka, brokers: ["127.0.0.1:${deadPort}"], topic: t}
    - {name: gateway, type: gateway, addresses: ["127.0.0.1:${deadPort}"], authorization: {credentials: ${SECRET}}}
`
  const { config, errors } = readConfig(yaml, '', {})
  assert.deepEqual(errors, [])
  assert.ok(config)
  const destinations: AnyDestination[] = [...config.remoteWrite, ...config.narthex.destinations]
  assert.equal(new Set(destinations.map(({ kind }) => kind)).size, 11)
  const wanting = destinations.map((each) => ({ ...each, sendExemplars: true }))
  const metrics = new Metrics()
  const lines: string[] = []
  const note = (message: string, fields?: object): void => {
    lines.push(message + JSON.stringify(fields ?? {}))
  }
  const log = { ...silentLog, warn: note, error: note, info: note }
  const deps = writerDeps({ metrics, log })
  const sending = await startSending<AnyDestination>({
    destinations: wanting,
    externalLabels: ['site', 'north'],
    policy: () => 'none',
    limits: { ...DEFAULT_SEND_LIMITS, flushMsMax: 100 },
    deps: {
      clock: systemClock,
      log,
      metrics,
      addressOf,
      openWriter: (each, view) => openWriter(each, view, deps),
    },
  })
  const isStuck = (status: DestinationStatus): boolean =>
    ['influxdb', 'gateway', 'kafka'].includes(status.name)

  const nowMs = Date.now()
  const rows = Array.from({ length: TARGETS }, (_, target) => {
    const appender = sending.rows()
    return { appender, ids: idsOf(appender, targetLabels(`t${target}`, SERIES)) }
  })
  for (let row = 0; row < ROWS; row++) {
    for (const { appender, ids } of rows) {
      const timeMs = nowMs + 1000 * row
      appendRow(appender, timeMs, ids, new Float64Array(SERIES).fill(row))
      appender.side?.exemplar(ids[0], { labels: [], value: row, timeMs })
      await appender.commit()
    }
  }
  await until(
    'all ends that live',
    () => sending.status().every((each) => isStuck(each) || each.written === ALL),
    10_000,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)} ${JSON.stringify(sending.status(), null, 1)}`)
  })
  for (const status of sending.status()) {
    assert.equal(status.received, ALL, status.name)
    assert.ok(addsUp(status), status.name)
    if (isStuck(status)) assert.equal(status.written, 0, status.name)
    else assert.deepEqual([status.queued, status.dropped], [0, {}], status.name)
    const { received, written, queued, dropped } = status.exemplars
    const reason = EXEMPLARS_DROPPED[status.name]
    assert.equal(received, TARGETS * ROWS, status.name)
    if (reason !== undefined) assert.deepEqual(dropped, { [reason]: received }, status.name)
    else if (isStuck(status)) assert.equal(queued, received, status.name)
    else assert.equal(written, received, status.name)
  }
  const shown = [JSON.stringify(sending.status()), metrics.render()].join('\n')
  await sending.stop()
  for (const status of sending.status()) {
    assert.ok(addsUp(status), status.name)
    assert.equal(status.queued, 0)
    if (isStuck(status)) assert.deepEqual(status.dropped, { shutdown: ALL })
  }
  assert.equal((await postgres.query('select * from samples')).length, ALL)
  const written = readFileSync(join(folder.path, 'out.jsonl'), 'utf8').trimEnd().split('\n')
  assert.equal(written.filter((line) => line.includes('"exemplars":')).length, TARGETS * ROWS)
  assert.equal(written.filter((line) => line.includes('"values":')).length, ALL)
  assert.ok(lines.length > 0, 'what goes wrong is logged')
  assert.doesNotMatch(`${shown}\n${lines.join('\n')}`, new RegExp(SECRET))
})
