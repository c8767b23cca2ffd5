/** A destination that stands still: samples wait in the agent, not in the gateway, and none is lost. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startCountingTarget } from '../support/countingtarget.ts'
import { assertDelivered } from '../support/deliveries.ts'
import {
  freePort,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'
import { endOf } from '../support/sinkend.ts'
import { startWriteSink } from '../support/writesink.ts'

const STILL_SECONDS = process.env.NARTHEX_TEST_LONG === '1' ? 60 : 5
const SERIES = 200
/** What the gateway takes of an agent before it stops listening to it. */
const WINDOW_BYTES = 8000
/** So many samples wait in the agent when the destination stands still, at the least. */
const AGENT_SAMPLES_MIN = 10 * SERIES

interface QueueStatus {
  readonly queued: number
  readonly queuedBytes: number
  readonly dropped: Record<string, number>
}

async function queueOf(role: TestProcess): Promise<QueueStatus> {
  const reply = await fetch(`${role.url}/api/v1/status/destinations`)
  const { data } = (await reply.json()) as { data: { destinations: QueueStatus[] } }
  return data.destinations[0]
}

test('while a destination stands still the queue grows in the agent, and then all arrives', async () => {
  const folder = temporaryFolder('backpressure')
  const target = await startCountingTarget(SERIES)
  let isStill = false
  const sink = await startWriteSink(() => ({ status: isStill ? 503 : 200, delayMs: 0 }))
  after(() => {
    target.close()
    sink.close()
    folder.remove()
  })
  const file = (name: string, text: string): string => {
    const path = join(folder.path, name)
    writeFileSync(path, text)
    return `--config.file=${path}`
  }
  const queue = '{min_backoff: 30ms, max_backoff: 200ms}'
  const grpc = `127.0.0.1:${await freePort()}`
  const gateway = await startRole('gateway', [
    file('gateway.yml', `remote_write: [{name: sink, url: '${sink.url}', queue_config: ${queue}}]`),
    `--gateway.grpc-address=${grpc}`,
    `--gateway.agent-inflight-bytes=${WINDOW_BYTES}B`,
    '--send.commit-timeout=2s',
    '--log.level=error',
  ])
  after(() => gateway.kill())
  const agent = await startRole('agent', [
    file(
      'agent.yml',
      `global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs: [{job_name: t, static_configs: [{targets: ['${target.address}']}]}]
narthex:
  host: {mode: 'off'}
  destinations:
    - {name: gateway, type: gateway, addresses: ['${grpc}'], queue_config: {batch_send_deadline: 100ms}}`,
    ),
    '--log.level=error',
  ])
  after(() => agent.kill())

  await until('samples at the destination', () => sink.series.size > 0)
  isStill = true
  let gatewaySamples = 0
  const endMs = Date.now() + STILL_SECONDS * 1000
  while (Date.now() < endMs) {
    await delay(100)
    gatewaySamples = Math.max(gatewaySamples, (await queueOf(gateway)).queued)
  }
  const agentSamples = (await queueOf(agent)).queued
  isStill = false
  const lastScrape = target.log.length - 1
  await until('the queue of the agent to drain', async () => {
    const { queued } = await queueOf(agent)
    return queued < 2 * SERIES
  })
  await until('what was scraped to arrive', () => {
    const numbers = endOf(sink, target).arrivals('counting_scrape') ?? []
    return numbers.length > lastScrape
  })
  const { dropped } = await queueOf(agent)
  assert.equal(await agent.stop(), 0)
  assert.equal(await gateway.stop(), 0)
  assert.ok(agentSamples >= AGENT_SAMPLES_MIN, `${agentSamples} samples waited in the agent`)
  assert.ok(gatewaySamples < agentSamples, `${gatewaySamples} samples waited in the gateway`)
  assert.deepEqual(dropped, {}, 'the agent dropped nothing')
  assertDelivered(target, endOf(sink, target), lastScrape, 'the destination')
})
