import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeFolder } from '../../src/base/folder.ts'

const root = mkdtempSync(join(tmpdir(), 'narthex-folder-'))
after(() => rmSync(root, { recursive: true, force: true }))

test('a folder is made with its parents, once or again', () => {
  const path = join(root, 'a/b/c')
  makeFolder(path)
  makeFolder(path)
  assert.ok(statSync(path).isDirectory())
  assert.ok(statSync(join(root, 'a')).isDirectory())
})

writeFileSync(join(root, 'file'), '')
symlinkSync(join(root, 'nowhere'), join(root, 'link'))

for (const [name, path, code] of [
  ['where a file is', join(root, 'file'), 'EEXIST'],
  ['below a file', join(root, 'file/a/b'), 'ENOTDIR'],
  ['where a link leads nowhere', join(root, 'link'), 'ENOENT'],
  ['below /proc, where a parent is there and nothing can be made', '/proc/a/b', 'ENOENT'],
] as const) {
  test(`a folder is refused ${name}`, () => {
    assert.throws(() => makeFolder(path), { code })
  })
}
