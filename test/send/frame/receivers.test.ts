/** Real receivers read frames, while series come and go and values change. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Labels, labelsToRecord } from '../../../src/model/labels.ts'
import { FrameSet } from '../../../src/send/frame/frameset.ts'
import {
  freePort,
  missingComponents,
  startComponent,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { exporterLabels, requestOf, rowOf, viewOf } from './rows.ts'

const ROWS = 16
const SERIES = 700
const STEP_MS = 15_000

/** Time and value of each sample, by series. */
type Samples = Map<string, [number, number][]>

function keyOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Sends rows of a changing layout; what was sent, and in how many rows as frames. */
async function sendRows(url: string, fromMs: number): Promise<{ sent: Samples; framed: number }> {
  const labelsOf = (id: number): Labels => exporterLabels(id)
  const frames = new FrameSet(viewOf(labelsOf))
  const sent: Samples = new Map()
  let framed = 0
  let ids = Float64Array.from({ length: SERIES }, (_, i) => i + 1)
  for (let k = 0; k < ROWS; k++) {
    // Every third row some series leave, some return, and a new one comes.
    if (k % 3 === 2) {
      const left = Array.from({ length: SERIES }, (_, i) => i + 1).filter((id) => id % 50 !== k)
      ids = Float64Array.from([...left, SERIES + k])
    }
    const values = Float64Array.from(ids, (id) => (id % 4 === 0 ? id + k / 8 : (k + id) >> 4))
    const row = rowOf(ids, values, fromMs + k * STEP_MS)
    const parts = frames.encode(row, 2000)
    if (parts === undefined) continue
    framed++
    for (let i = 0; i < row.count; i++) {
      const key = keyOf(labelsToRecord(labelsOf(ids[i])))
      const samples = sent.get(key) ?? []
      samples.push([row.timeMs, values[i]])
      sent.set(key, samples)
    }
    const reply = await fetch(url, {
      method: 'POST',
      headers: {
        'content-encoding': 'snappy',
        'content-type': 'application/x-protobuf',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: new Uint8Array(requestOf(parts, row)),
    })
    assert.ok(reply.ok, `${reply.status} ${await reply.text()}`)
  }
  frames.close()
  return { sent, framed }
}

async function readPrometheus(url: string): Promise<Samples> {
  const query = encodeURIComponent('{job="node"}[30m]')
  const reply = await fetch(`${url}/api/v1/query?query=${query}`)
  const { data } = (await reply.json()) as {
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] }
  }
  return new Map(
    data.result.map(({ metric, values }) => [
      keyOf(metric),
      values.map(([time, value]) => [Math.round(1000 * time), Number(value)]),
    ]),
  )
}

async function readVictoriaMetrics(url: string): Promise<Samples> {
  // What just came is searchable only after a flush.
  await (await fetch(`${url}/internal/force_flush`)).text()
  const reply = await fetch(`${url}/api/v1/export?match[]=${encodeURIComponent('{job="node"}')}`)
  const samples: Samples = new Map()
  for (const line of (await reply.text()).split('\n')) {
    if (line === '') continue
    const { metric, values, timestamps } = JSON.parse(line) as {
      metric: Record<string, string>
      values: number[]
      timestamps: number[]
    }
    samples.set(
      keyOf(metric),
      timestamps.map((time, i) => [time, values[i]]),
    )
  }
  return samples
}

interface Receiver {
  readonly command: string
  args(folder: string, port: number): string[]
  readonly readyPath: string
  read(url: string): Promise<Samples>
}

const RECEIVERS: readonly Receiver[] = [
  {
    command: 'prometheus',
    args: (folder, port) => [
      '--config.file=/dev/null',
      `--storage.tsdb.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ],
    readyPath: '/-/ready',
    read: readPrometheus,
  },
  {
    command: 'victoria-metrics',
    args: (folder, port) => [
      `-storageDataPath=${folder}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-search.latencyOffset=0s',
    ],
    readyPath: '/health',
    read: readVictoriaMetrics,
  },
]

for (const { command, args, readyPath, read } of RECEIVERS) {
  test(`${command} takes every sample of frames, and none of series that left`, {
    skip: missingComponents(command) ?? false,
  }, async (t) => {
    const folder = temporaryFolder('frames')
    t.after(() => folder.remove())
    const port = await freePort()
    const data = join(folder.path, 'data')
    const process: TestProcess = await startComponent(command, args(data, port), port, readyPath)
    t.after(() => process.kill())
    const fromMs = Date.now() - ROWS * STEP_MS
    const { sent, framed } = await sendRows(`${process.url}/api/v1/write`, fromMs)
    assert.equal(framed, ROWS - 1, 'all rows but the first')
    let got: Samples = new Map()
    await until('all series', async () => {
      got = await read(process.url)
      return got.size >= sent.size
    })
    assert.equal(got.size, sent.size)
    for (const [key, samples] of sent) assert.deepEqual(got.get(key), samples, key)
  })
}
