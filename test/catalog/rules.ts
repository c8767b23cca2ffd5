/** Rule files below catalog/ and their unit tests, run by the real promtool. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CATALOG_FOLDER, checkByPromtool } from '../../tools/catalog.ts'
import { missingComponents } from '../support/processes.ts'

/** Registers a test for each entry whose name lies in [from, to); files side by side share the work. */
export function testRules(from: string, to: string): void {
  const names = readdirSync(CATALOG_FOLDER).filter((name) => {
    return name >= from && name < to && existsSync(join(CATALOG_FOLDER, name, 'alerts.yaml'))
  })
  for (const name of names) {
    test(`takes the rules of ${name}, and each alert fires when it should and only then`, {
      skip: missingComponents('promtool'),
    }, async () => {
      assert.deepEqual(await checkByPromtool(join(CATALOG_FOLDER, name)), [])
    })
  }
}
