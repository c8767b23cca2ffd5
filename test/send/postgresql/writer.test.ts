/** The PostgreSQL writer before the real server. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { labelsFrom } from '../../../src/model/labels.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { startSocketGate } from '../../support/httpgate.ts'
import { PASSWORD, type Postgres, startPostgres } from '../../support/postgres.ts'
import { missingComponents, temporaryFolder } from '../../support/processes.ts'
import { openListed } from '../opened.ts'
import { type SuiteEnd, seriesKey, writerSuite } from '../writer.suite.ts'

const SKIP = missingComponents('postgres', 'initdb')
const NEVER = new AbortController().signal

function yamlOf(port: number, more = ''): string {
  const login = `user: narthex, password: "${PASSWORD}"`
  return `type: postgresql, host: 127.0.0.1, port: ${port}, database: postgres, ${login}${more}`
}

interface Row {
  readonly name: string
  readonly labels: Record<string, string>
  readonly time: string
  readonly bits: Buffer
}

async function read(server: Postgres, schema: string): Promise<Map<string, [number, string][]>> {
  const rows = await server.query(
    `select name, labels, (extract(epoch from time) * 1000)::bigint as time, float8send(value) as bits
    from "${schema}".samples join "${schema}".series on id = series_id order by series_id, time`,
  )
  const stored = new Map<string, [number, string][]>()
  for (const { name, labels, time, bits } of rows as unknown as Row[]) {
    const key = seriesKey([['__name__', name], ...Object.entries(labels)])
    const isStale = bits.toString('hex') === '7ff0000000000002'
    const value = bits.readDoubleBE()
    const point: [number, string] = [Number(time), isStale ? 'stale' : String(value)]
    stored.set(key, [...(stored.get(key) ?? []), point])
  }
  return stored
}

async function start(): Promise<SuiteEnd> {
  const server = await startPostgres()
  const gate = await startSocketGate(server.port)
  return {
    open: (view) => openListed(yamlOf(gate.port, ', schema: "the \\"far\\" end"'), view),
    trouble: gate.trouble,
    read: () => read(server, 'the ""far"" end'),
    async close() {
      gate.close()
      await server.stop()
    },
  }
}

writerSuite(SKIP, start, {
  shown: { NaN: 'NaN', Infinity: 'Infinity', '-Infinity': '-Infinity', stale: 'stale' },
  cannotRefuse: true,
})

const VIEW = {
  labels: (id: number) =>
    labelsFrom([
      ['__name__', 'm'],
      ['i', String(id)],
      ['nul', id === 9 ? 'a\0b' : ''],
    ]),
  targetKey: () => '',
}

function parcelOf(count: number, timeMs = 1_700_000_000_000): Parcel {
  return {
    lane: 0,
    count,
    ids: Float64Array.from({ length: count }, (_, i) => i + 1),
    values: Float64Array.from({ length: count }, (_, i) => i),
    timeMs,
    times: undefined,
    histograms: [],
    exemplars: [],
    takenMs: 0,
  }
}

test('times, secrets, rights and a server that goes away', { skip: SKIP ?? false }, async (t) => {
  const folder = temporaryFolder('postgres-writer')
  const server = await startPostgres()
  t.after(async () => {
    await server.stop()
    folder.remove()
  })

  await t.test('what the database cannot hold is counted, the rest is written', async () => {
    const writer = openListed(yamlOf(server.port, ', schema: odd'), VIEW)
    const times = Float64Array.of(
      -210_866_803_200_001,
      -210_866_803_200_000,
      0,
      9e15,
      -1,
      1,
      2,
      3,
      4,
    )
    const result = await writer.write([{ ...parcelOf(9), times }], NEVER)
    assert.deepEqual(result, { outcome: 'written', refused: new Map([['unrepresentable', 2]]) })
    const stored = await read(server, 'odd')
    assert.equal(stored.size, 7)
    assert.equal(
      stored.get(
        seriesKey([
          ['__name__', 'm'],
          ['i', '4'],
        ]),
      )?.[0][0],
      9e15,
    )
    await writer.close()
  })

  await t.test('without deduplicate what is sent twice is there twice', async () => {
    const writer = openListed(yamlOf(server.port, ', schema: twice, deduplicate: false'), VIEW)
    for (let i = 0; i < 2; i++) await writer.write([parcelOf(3)], NEVER)
    assert.equal((await server.query('select * from twice.samples')).length, 6)
    await writer.close()
  })

  await t.test('many writers at once make the tables and the series once', async () => {
    const writers = Array.from({ length: 4 }, () =>
      openListed(yamlOf(server.port, ', schema: many'), VIEW),
    )
    const results = await Promise.all(
      writers.flatMap((writer, w) =>
        [0, 1].map((i) => writer.write([parcelOf(8, 10 * w + i)], NEVER)),
      ),
    )
    for (const result of results) assert.equal(result.outcome, 'written', JSON.stringify(result))
    assert.equal((await server.query('select * from many.series')).length, 8)
    assert.equal((await server.query('select * from many.samples')).length, 64)
    for (const writer of writers) await writer.close()
  })

  await t.test('a wrong password is tried again, and the right one is read anew', async () => {
    const file = join(folder.path, 'password')
    writeFileSync(file, 'wrong\n')
    const place = `host: 127.0.0.1, port: ${server.port}, database: postgres, user: narthex`
    const writer = openListed(`type: postgresql, ${place}, password_file: "${file}"`, VIEW)
    const result = await writer.write([parcelOf(1)], NEVER)
    assert.ok(result.outcome === 'retry' && result.reason === 'sql_28P01', JSON.stringify(result))
    assert.doesNotMatch(result.message, /wrong/)
    writeFileSync(file, `${PASSWORD}\n`)
    assert.equal((await writer.write([parcelOf(1)], NEVER)).outcome, 'written')
    await writer.close()
  })

  await t.test(
    'a connection string is enough, and tables are not made when they must not',
    async () => {
      const url = `postgresql://narthex:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/postgres`
      const yaml = `type: postgresql, connection_string: "${url}", schema: absent, create_schema: false`
      const writer = openListed(yaml, VIEW)
      const result = await writer.write([parcelOf(1)], NEVER)
      assert.ok(result.outcome === 'retry' && result.reason === 'sql_42P01', JSON.stringify(result))
      assert.doesNotMatch(JSON.stringify(result), /correct/)
      await writer.close()
    },
  )

  await t.test('sessions that the server ends are opened again', async () => {
    const writer = openListed(yamlOf(server.port, ', schema: ended'), VIEW)
    assert.equal((await writer.write([parcelOf(1, 1)], NEVER)).outcome, 'written')
    await server.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'narthex'`,
    )
    const results = []
    for (let i = 0; i < 2; i++) results.push((await writer.write([parcelOf(1, 2)], NEVER)).outcome)
    assert.equal(results.at(-1), 'written')
    assert.equal((await server.query('select * from ended.samples')).length, 2)
    await writer.close()
  })
})

test('a database that nobody answers for is tried again', async () => {
  const gate = await startSocketGate(1)
  gate.trouble('hang')
  const writer = openListed(yamlOf(gate.port, ', remote_timeout: 50ms'), VIEW)
  const result = await writer.write([parcelOf(1)], NEVER)
  assert.ok(result.outcome === 'retry' && result.reason === 'timeout', JSON.stringify(result))
  await writer.close()
  gate.close()
})
