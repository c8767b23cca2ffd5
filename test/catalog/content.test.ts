/** Everything below catalog/: read without a fault, and taken by the real promtool. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { openCatalogue } from '../../src/hub/catalogue/catalogue.ts'
import { ALL_ENTRIES } from '../../src/model/catalogue.ts'
import { CATALOG_FOLDER, checkByPromtool } from '../../tools/catalog.ts'
import { missingComponents } from '../support/processes.ts'

const catalogue = await openCatalogue({
  folder: CATALOG_FOLDER,
  log: silentLog,
  metrics: new Metrics(),
})
const entries = catalogue.entries(ALL_ENTRIES)

test('the catalogue has no fault: every metric that content asks for is in the sample or has its reason', () => {
  assert.deepEqual(catalogue.faults(), [])
  assert.ok(entries.length > 0)
})

test('an entry is recognised by its own sample, and by no other', () => {
  for (const { name } of entries) {
    const entry = catalogue.entry(name)
    if (entry === undefined || entry.files.sample === '') continue
    const names = new Set(entry.metrics.map((metric) => metric.name))
    assert.deepEqual(catalogue.recognise(names), [name])
  }
})

describe('promtool', { concurrency: 2 }, () => {
  for (const { name } of entries.filter(({ content }) => content.A)) {
    test(`takes the rules of ${name}, and each alert fires when it should and only then`, {
      skip: missingComponents('promtool'),
    }, async () => {
      assert.deepEqual(await checkByPromtool(join(CATALOG_FOLDER, name)), [])
    })
  }
})
