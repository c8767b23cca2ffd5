/** A real Prometheus sends what it scrapes by remote write; every sample must arrive. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask, firstDifference, toComparable } from '../support/answers.ts'
import {
  freePort,
  missingComponents,
  startComponent,
  startNarthex,
  temporaryFolder,
  until,
} from '../support/processes.ts'

test('a real Prometheus with many shards and 500 samples a send delivers every sample', {
  skip: missingComponents('prometheus', 'prometheus-node-exporter') ?? false,
}, async (t) => {
  const folder = temporaryFolder('remotewrite')
  t.after(() => folder.remove())
  const [senderPort, exporterPort] = [await freePort(), await freePort()]
  const ours = await startNarthex({
    config: 'global: {scrape_interval: 1h}\nscrape_configs: []\n',
    storage: join(folder.path, 'ours'),
  })
  t.after(() => ours.stop())
  const exporter = await startComponent(
    'prometheus-node-exporter',
    [`--web.listen-address=127.0.0.1:${exporterPort}`],
    exporterPort,
    '/metrics',
  )
  t.after(() => exporter.stop())
  const file = join(folder.path, 'sender.yml')
  writeFileSync(
    file,
    [
      'global: {scrape_interval: 1s}',
      'scrape_configs:',
      `  - {job_name: self, static_configs: [{targets: ['127.0.0.1:${senderPort}']}]}`,
      `  - {job_name: node, static_configs: [{targets: ['127.0.0.1:${exporterPort}']}]}`,
      'remote_write:',
      `  - url: ${ours.url}/api/v1/write`,
      '    queue_config: {min_shards: 30, max_shards: 50, max_samples_per_send: 500, batch_send_deadline: 1s}',
    ].join('\n'),
  )
  const sender = await startComponent(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder.path, 'sender')}`,
      `--web.listen-address=127.0.0.1:${senderPort}`,
    ],
    senderPort,
    '/-/ready',
  )
  t.after(() => sender.stop())

  const scraped = async (url: string): Promise<number> => {
    const query = 'count_over_time(up{job="node"}[5m])'
    const got = await ask(url, '/api/v1/query', { query })
    return Number((got.data?.result as { value: [number, string] }[])?.at(0)?.value[1] ?? 0)
  }
  await until('12 scrapes at the sender', async () => (await scraped(sender.url)) >= 12)
  const time = String(Math.floor(Date.now() / 1000) - 0.5)
  const parameters = { query: '{__name__=~".+"}[5m]', time }
  let difference: string | undefined = 'nothing was compared'
  await until('every sample to arrive', async () => {
    const [mine, theirs] = await Promise.all([
      ask(ours.url, '/api/v1/query', parameters),
      ask(sender.url, '/api/v1/query', parameters),
    ])
    const reference = toComparable(theirs)
    assert.ok(reference !== 'error' && reference.size > 500, 'the sender has its series')
    difference = firstDifference(toComparable(mine), reference)
    return difference === undefined
  }).catch((error) => assert.fail(`${String(error)}: ${difference}`))
})
