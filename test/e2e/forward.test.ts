/** `narthex up` with remote_write: what it keeps also leaves, from the moment a reload says so. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SCRAPE_NUMBER, startCountingTarget } from '../support/countingtarget.ts'
import { assertDelivered } from '../support/deliveries.ts'
import { startRole, temporaryFolder, until } from '../support/processes.ts'
import { endOf } from '../support/sinkend.ts'
import { startWriteSink } from '../support/writesink.ts'

const folder = temporaryFolder('forward')
after(() => folder.remove())

test('a receiver that a reload adds gets every scrape from then on, whole and in order', async () => {
  const target = await startCountingTarget(300)
  const sink = await startWriteSink(() => ({ status: 200, delayMs: 0 }))
  after(() => {
    target.close()
    sink.close()
  })
  const file = join(folder.path, 'prometheus.yml')
  const scrape = `
global: {scrape_interval: 1s, scrape_timeout: 1s, external_labels: {site: here}}
scrape_configs: [{job_name: counting, static_configs: [{targets: ['${target.address}']}]}]
`
  writeFileSync(file, scrape)
  const up = await startRole('up', [
    `--config.file=${file}`,
    `--storage.path=${join(folder.path, 'data')}`,
    '--log.level=error',
  ])
  after(() => up.kill())
  await until('scrapes that are kept only', () => target.log.length > 3)
  assert.equal(sink.requests, 0)

  writeFileSync(file, `${scrape}remote_write: [{name: far, url: '${sink.url}'}]\n`)
  assert.equal((await fetch(`${up.url}/-/reload`, { method: 'POST' })).status, 200)
  const from = target.log.length
  await until('scrapes that leave', () => target.log.length > from + 4)
  const last = target.log.length - 1
  await until('the last of them', () => {
    const numbers = endOf(sink, target).arrivals(SCRAPE_NUMBER) ?? []
    return numbers.length > 0 && sink.requests > 0 && target.log.length > last + 2
  })
  const { scrapes } = assertDelivered(target, endOf(sink, target), last, 'sent on')
  assert.ok(scrapes >= 4, `${scrapes} scrapes arrived`)
  assert.ok([...sink.series.keys()].every((labels) => labels.includes('site="here"')))

  const query = `${up.url}/api/v1/query?query=count_over_time(${SCRAPE_NUMBER}[5m])`
  const { data } = (await (await fetch(query)).json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] }
  }
  assert.ok(Number(data.result[0].value[1]) >= last - 1, 'and all of them are kept here, too')
  assert.equal(data.result[0].metric.site, undefined, 'without the labels for others')
  assert.equal(await up.stop(), 0)
})
