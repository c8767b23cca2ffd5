/** The InfluxDB writer before the real server of version 1. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { labelsFrom } from '../../../src/model/labels.ts'
import { findComponent } from '../../../tools/components.ts'
import { startHttpGate } from '../../support/httpgate.ts'
import {
  freePort,
  missingComponents,
  startProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { openListed } from '../opened.ts'
import { type SuiteEnd, seriesKey, writerSuite } from '../writer.suite.ts'

interface Series {
  readonly name: string
  readonly tags: Record<string, string>
  readonly values: [number, number][]
}

async function start(): Promise<SuiteEnd> {
  const folder = temporaryFolder('influx')
  const [port, rpcPort] = [await freePort(), await freePort()]
  const file = join(folder.path, 'influxdb.conf')
  writeFileSync(
    file,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${folder.path}/meta"
[data]
  dir = "${folder.path}/data"
  wal-dir = "${folder.path}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = true
  log-enabled = false
`,
  )
  const component = findComponent('influxd')
  assert.ok(component)
  const server = startProcess(component.path, ['-config', file], component.env)
  const serverUrl = `http://127.0.0.1:${port}`
  await until('influxd', async () => {
    const reply = await fetch(`${serverUrl}/ping`).catch(() => undefined)
    return reply?.status === 204
  })
  const ask = async (q: string): Promise<{ results: { series?: Series[] }[] }> => {
    const parameters = new URLSearchParams({ q, db: 'far', epoch: 'ms' })
    const reply = await fetch(`${serverUrl}/query`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('admin:word')}` },
      body: parameters,
    })
    const text = await reply.text()
    assert.equal(reply.status, 200, text)
    return JSON.parse(text) as { results: { series?: Series[] }[] }
  }
  await ask(`create user admin with password 'word' with all privileges`)
  await ask('create database far')
  const gate = await startHttpGate(serverUrl)
  const auth = 'basic_auth: {username: admin, password: word}'
  return {
    open: (view) =>
      openListed(
        `type: influxdb, database: far, url: "${gate.url}", ${auth}, queue_config: {max_samples_per_send: 1000}`,
        view,
      ),
    trouble: gate.trouble,
    async read() {
      const { results } = await ask('select value::field from /.*/ group by *')
      return new Map(
        (results[0].series ?? []).map(({ name, tags, values }) => [
          seriesKey([['__name__', name], ...Object.entries(tags ?? {})]),
          values.map(([time, value]) => [time, shown(value)] as const),
        ]),
      )
    },
    async close() {
      gate.close()
      await server.kill()
      folder.remove()
    },
  }
}

function shown(value: number): string {
  return String(value)
}

/** As the documentation says. */
function mapped(text: string): string {
  const flat = text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  return flat.endsWith('\\') ? `${flat} ` : flat
}

writerSuite(missingComponents('influxd'), start, {
  shown: {},
  labelsAt: (labels) =>
    labelsFrom(
      Array.from({ length: labels.length / 2 }, (_, i) => [
        mapped(labels[2 * i]),
        mapped(labels[2 * i + 1]),
      ]),
    ),
})
