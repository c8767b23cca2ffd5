/** An entry has few files, each within its bound, and none of them lies elsewhere. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { ENTRY_FILE_BYTES_MAX, readEntryFolder } from '../../../src/hub/catalogue/folder.ts'
import { newFolder, writeEntries } from './support.ts'

test('the files of an entry are read, and what it cannot have is told with the name that was meant', async () => {
  const root = newFolder()
  writeEntries(root, { a: { 'README.md': 'text', 'alert.yaml': '', 'notes.txt': '' } })
  const { texts, faults } = await readEntryFolder(root, 'a')
  assert.deepEqual([...texts], [['README.md', 'text']])
  assert.match(faults[0], /^a\/alert\.yaml:1:1: .*wanted alerts\.yaml\?$/)
  assert.match(faults[1], /^a\/notes\.txt:1:1: .*wanted one of entry\.yaml, README\.md/)
})

test('C39: a file cannot lead out of the folder by a symbolic link', async () => {
  const root = newFolder()
  const outside = newFolder()
  writeFileSync(join(outside, 'secret'), 'secret')
  writeEntries(root, { a: {}, b: { 'README.md': 'of b' } })
  symlinkSync(join(outside, 'secret'), join(root, 'a/README.md'))
  symlinkSync('/etc/passwd', join(root, 'a/helm.yaml'))
  symlinkSync('../b/README.md', join(root, 'a/alerts.yaml'))
  symlinkSync('nowhere', join(root, 'a/sample.prom'))
  const { texts, faults } = await readEntryFolder(root, 'a')
  assert.deepEqual([...texts], [['alerts.yaml', 'of b']], 'a link that stays inside is read')
  assert.equal(faults.length, 3)
  for (const file of ['README.md', 'helm.yaml']) {
    assert.ok(
      faults.some((fault) => fault.startsWith(`a/${file}:1:1: `) && /leads out/.test(fault)),
    )
  }
  assert.ok(faults.some((fault) => /^a\/sample\.prom:1:1: ENOENT/.test(fault)))
})

test('C39: a folder cannot lead out of the catalogue by a symbolic link', async () => {
  const root = newFolder()
  const beside = `${root}-beside`
  mkdirSync(beside)
  writeFileSync(join(beside, 'README.md'), 'text')
  symlinkSync(beside, join(root, 'a'))
  await assert.rejects(
    readEntryFolder(root, 'a'),
    (error) => error instanceof NarthexError && /leads out/.test(error.message),
  )
  execFileSync('rm', ['-r', beside])
})

test('what is no plain file of text within its bound is not read', async () => {
  const root = newFolder()
  writeEntries(root, { a: { 'README.md': '', 'alerts.yaml': '' } })
  truncateSync(join(root, 'a/README.md'), ENTRY_FILE_BYTES_MAX['README.md'] + 1)
  writeFileSync(join(root, 'a/alerts.yaml'), Uint8Array.of(0x66, 0xff))
  mkdirSync(join(root, 'a/helm.yaml'))
  execFileSync('mkfifo', [join(root, 'a/sample.prom')])
  const { texts, faults } = await readEntryFolder(root, 'a')
  assert.equal(texts.size, 0)
  assert.deepEqual(faults, [
    'a/README.md:1:1: cannot read file: 262145 bytes, at most 262144 are taken',
    'a/alerts.yaml:1:1: cannot read file: bytes that are no text, wanted UTF-8',
    'a/helm.yaml:1:1: cannot read file: no file, wanted a plain one',
    'a/sample.prom:1:1: cannot read file: no file, wanted a plain one',
  ])
})
