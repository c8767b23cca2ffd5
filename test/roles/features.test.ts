/** What is said of features that do nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { warnOfFeatures } from '../../src/roles/features.ts'

test('a feature that is misspelt or of others is told, those that exist are not', () => {
  const told: unknown[] = []
  const log = { ...silentLog, warn: (_: string, fields?: object) => void told.push(fields) }
  warnOfFeatures(['promql-duration-expr', 'type-and-unit-label', 'extra-scrape-metrics'], log)
  assert.deepEqual(told, [{ feature: 'type-and-unit-label' }])
})
