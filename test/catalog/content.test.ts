/** Everything below catalog/ is read without a fault. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { openCatalogue } from '../../src/hub/catalogue/catalogue.ts'
import { ALL_ENTRIES } from '../../src/model/catalogue.ts'
import { CATALOG_FOLDER, untestedAlerts } from '../../tools/catalog.ts'

const catalogue = await openCatalogue({
  folder: CATALOG_FOLDER,
  log: silentLog,
  metrics: new Metrics(),
})

test('the catalogue has no fault: every metric that content asks for is in the sample or has its reason', () => {
  assert.deepEqual(catalogue.faults(), [])
  assert.ok(catalogue.entries(ALL_ENTRIES).length > 0)
})

test('every alert has a case in which it fires and one in which it does not', () => {
  assert.deepEqual(untestedAlerts(catalogue), [])
})
