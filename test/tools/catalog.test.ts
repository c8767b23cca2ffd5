/** npm run catalog: what it prints and how it ends, on folders that are right and wrong. */
import assert from 'node:assert/strict'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CATALOG_FOLDER, main } from '../../tools/catalog.ts'
import { missingComponents, temporaryFolder } from '../support/processes.ts'

/** A catalogue of these entries of ours. */
function catalogueOf(t: TestContext, ...names: string[]): string {
  const folder = temporaryFolder('catalog')
  t.after(() => folder.remove())
  for (const name of names) {
    cpSync(join(CATALOG_FOLDER, name), join(folder.path, name), { recursive: true })
  }
  return folder.path
}

async function run(folder: string): Promise<{ code: number; lines: readonly string[] }> {
  const lines: string[] = []
  return { code: await main(folder, (line) => lines.push(line)), lines }
}

const skip = missingComponents('promtool')

test('a catalogue without a fault: a line for each entry with its shares, the sums, and 0', {
  skip,
}, async (t) => {
  const { code, lines } = await run(catalogueOf(t, 'azure', 'mqtt'))
  assert.equal(code, 0, lines.join('\n'))
  assert.match(lines[1], /^azure +Monitoring +9276 +E - A G +\d+ +\d+ +not verified$/)
  assert.match(lines[2], /^mqtt +Messaging +9641 +E I A G +4 of 4 +8 of 8 +0\.1\.7$/)
  const sums = '2 entries: 4 of 4 rules, 8 of 8 panels verified on 1 exporters; 0 faults'
  assert.deepEqual(lines.slice(3), [sums])
})

test('a metric that has left the sample, without a reason: which rule lacks what, and 1', {
  skip,
}, async (t) => {
  const folder = catalogueOf(t, 'mqtt')
  writeFileSync(join(folder, 'mqtt/sample.prom'), 'mqtt2prometheus_connected 1\n')
  const { code, lines } = await run(folder)
  assert.equal(code, 1)
  const said = lines.join('\n')
  assert.match(said, /cannot verify alert MqttTopicSilent: received_messages is not in the sample/)
  assert.match(said, /2 of 4 rules/)
})

test('an alert that does not fire in its test: what promtool says, and 1', { skip }, async (t) => {
  const folder = catalogueOf(t, 'azure')
  const tests = join(folder, 'azure/alerts_test.yaml')
  const wrong = [
    'rule_files: [alerts.yaml]',
    'tests:',
    '  - interval: 1m',
    '    input_series: []',
    '    alert_rule_test:',
    '      - {eval_time: 1m, alertname: AzureExporterDown, exp_alerts: [{exp_labels: {job: azure}}]}',
    '',
  ]
  writeFileSync(tests, wrong.join('\n'))
  const { code, lines } = await run(folder)
  assert.equal(code, 1)
  assert.match(lines.join('\n'), /promtool test rules alerts_test\.yaml failed/)
})

test('an entry that cannot be read is told with its place, and the others are there', {
  skip,
}, async (t) => {
  const folder = catalogueOf(t, 'azure', 'mqtt')
  writeFileSync(join(folder, 'mqtt/entry.yaml'), 'name: mqtt\nport: none\n')
  const { code, lines } = await run(folder)
  assert.equal(code, 1)
  assert.match(lines.join('\n'), /^mqtt\/entry\.yaml:2:\d+: /m)
  assert.match(lines.join('\n'), /^azure +Monitoring/m)
})

test('a folder that is away is told, and is no success', { skip }, async (t) => {
  const folder = catalogueOf(t, 'azure')
  rmSync(folder, { recursive: true })
  const { code, lines } = await run(folder)
  assert.equal(code, 1)
  assert.match(lines.join('\n'), /0 entries/)
})
