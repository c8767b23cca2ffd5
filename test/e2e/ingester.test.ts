/** An ingester that cannot do its work says why: to who asks whether it is ready, and to who started it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort, ROOT, startProcess, temporaryFolder, until } from '../support/processes.ts'

const folder = temporaryFolder('ingester-alone')
after(() => folder.remove())

type Started = ReturnType<typeof startProcess>

function start(name: string, config: string, port = 0): Started {
  const file = join(folder.path, `${name}.yml`)
  writeFileSync(file, config)
  const listen = `--web.listen-address=127.0.0.1:${port}`
  const started = startProcess(join(ROOT, 'bin/narthex'), [
    'ingester',
    `--config.file=${file}`,
    listen,
  ])
  after(() => started.kill())
  return started
}

const STORE = 'remote_write: [{name: store, url: "http://127.0.0.1:9/"}]\n'

test('without a broker it is not ready, says why, and ends when it is told to', async () => {
  const [port, brokerPort] = [await freePort(), await freePort()]
  const kafka = `{brokers: ['127.0.0.1:${brokerPort}'], topics: [metrics]}`
  const ingester = start('alone', `${STORE}narthex: {ingester: {kafka: ${kafka}}}\n`, port)
  let answer = ''
  await until('a reason', async () => {
    const reply = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined)
    answer = (await reply?.text()) ?? ''
    return reply?.status === 503 && answer.includes('cannot join the group')
  })
  assert.equal(
    answer.trim(),
    `cannot answer: cannot join the group: connect ECONNREFUSED 127.0.0.1:${brokerPort}`,
  )
  assert.match(ingester.output(), /"reason":"connection".*"msg":"cannot join the group"/)
  assert.equal(await ingester.stop(), 0)
})

for (const [name, section, place, said] of [
  [
    'a key with a typo',
    "{brokers: ['a:1'], topic: [x]}",
    '2:48',
    'field topic not found in type narthex.plain, did you mean topics?',
  ],
  [
    'a mechanism that is none',
    "{brokers: ['a:1'], topics: [x], sasl: {mechanism: MD5, username: u, password: p}}",
    '2:79',
    'unknown SASL mechanism "MD5", wanted PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
  ],
] as const) {
  test(`a configuration with ${name} is refused in one line that says where`, async () => {
    const ingester = start('bad', `${STORE}narthex: {ingester: {kafka: ${section}}}\n`)
    assert.equal(await ingester.ended, 2)
    const file = join(folder.path, 'bad.yml')
    const line = `narthex ingester: cannot load ${file}: ${file}:${place}: ${said}`
    assert.equal(ingester.output().trim(), line)
  })
}

test('an ingester that is told to read nothing, or to send nowhere, does not start', async () => {
  const nothing = start('nothing', STORE)
  assert.equal(await nothing.ended, 2)
  assert.match(nothing.output(), /narthex\.ingester\.kafka is not in --config\.file/)
  const kafka = "{brokers: ['a:1'], topics: [x]}"
  const nowhere = start('nowhere', `narthex: {ingester: {kafka: ${kafka}}}\n`)
  assert.equal(await nowhere.ended, 2)
  assert.match(nowhere.output(), /no destination, wanted remote_write/)
})
