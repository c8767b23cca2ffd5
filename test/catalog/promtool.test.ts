/** Every rule file below catalog/ and its unit tests, run by the real promtool. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { CATALOG_FOLDER, checkByPromtool } from '../../tools/catalog.ts'
import { missingComponents } from '../support/processes.ts'

const names = readdirSync(CATALOG_FOLDER).filter((name) => {
  return existsSync(join(CATALOG_FOLDER, name, 'alerts.yaml'))
})

describe('promtool', { concurrency: 2 }, () => {
  for (const name of names) {
    test(`takes the rules of ${name}, and each alert fires when it should and only then`, {
      skip: missingComponents('promtool'),
    }, async () => {
      assert.deepEqual(await checkByPromtool(join(CATALOG_FOLDER, name)), [])
    })
  }
})
