/** Files that are there whole or not at all. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeWholeFile } from '../../src/base/wholefile.ts'

test('a file is replaced, nothing is left beside it, and what was left is not followed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-wholefile-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'a.yml')
  const other = join(folder, 'other')
  writeFileSync(other, 'kept')
  symlinkSync(other, `${path}.new`)
  writeWholeFile(path, 'one')
  writeWholeFile(path, 'two')
  assert.equal(readFileSync(path, 'utf8'), 'two')
  assert.equal(readFileSync(other, 'utf8'), 'kept')
  assert.deepEqual(readdirSync(folder).sort(), ['a.yml', 'other'])
})
