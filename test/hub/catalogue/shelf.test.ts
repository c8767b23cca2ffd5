/** Which file of an entry is shown: an edit, else what comes with the program, else what sources have. */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { type Catalogue, openCatalogue } from '../../../src/hub/catalogue/catalogue.ts'
import type { EntryFileName } from '../../../src/hub/catalogue/folder.ts'
import { fillShelf, layFiles, NOTHING, type SourceTexts } from '../../../src/hub/catalogue/shelf.ts'
import { temporaryFolder } from '../../support/processes.ts'

const ENTRY =
  'name: own\ntitle: Own\ncategory: Software\ndescription: d\nport: 9000\nrecognise: [own_up]\n'
const RULE =
  '- alert: Own\n  expr: own_up == 0\n  labels: {severity: s}\n  annotations: {summary: s, description: d}\n'

type Texts = Partial<Record<EntryFileName, string>>

function textsOf(texts: Texts): SourceTexts {
  return new Map(Object.entries(texts)) as SourceTexts
}

/** The source of each file that is shown. */
function shown(own: Texts, ...sources: readonly (readonly [string, Texts])[]): object {
  const shelf = fillShelf(sources.map(([name, texts]) => [name, new Map([['e', textsOf(texts)]])]))
  const files = layFiles(textsOf(own), shelf.get('e') ?? NOTHING)
  return Object.fromEntries([...files].map(([file, { source }]) => [file, source]))
}

test('an edit comes before all, then the program, then sources by name', () => {
  const all = { 'README.md': 'x', 'alerts.yaml': 'x', 'helm.yaml': 'x' }
  assert.deepEqual(
    shown(
      { 'README.md': 'x', 'alerts.yaml': 'x' },
      ['a', { 'helm.yaml': 'x', 'alerts.yaml': 'x' }],
      ['edits', { 'README.md': 'x' }],
      ['team', all],
    ),
    { 'README.md': 'edits', 'alerts.yaml': 'bundled', 'helm.yaml': 'a' },
  )
})

test('an edit stands in the place of one file, and keeps what it stands in the place of', () => {
  const shelf = fillShelf([['edits', new Map([['e', textsOf({ 'entry.yaml': 'new' })]])]])
  const own = textsOf({ 'entry.yaml': 'old', 'sample.prom': 'up 1' })
  const files = layFiles(own, shelf.get('e') ?? NOTHING)
  assert.deepEqual(files.get('entry.yaml'), {
    ...{ text: 'new', source: 'edits' },
    under: { text: 'old', source: 'bundled', under: undefined },
  })
  assert.equal(files.get('sample.prom')?.source, 'bundled', 'the sample still tells of it')
})

test('what belongs to a file of another source is not mixed with it', () => {
  const tests = { 'alerts.yaml': 'x', 'alerts_test.yaml': 'x' }
  assert.deepEqual(shown({ 'alerts.yaml': 'x' }, ['team', tests]), { 'alerts.yaml': 'bundled' })
})

type Run = (catalogue: Catalogue, path: string) => Promise<void>

async function withCatalogue(run: Run): Promise<void> {
  const folder = temporaryFolder('shelf')
  try {
    mkdirSync(join(folder.path, 'own'))
    writeFileSync(join(folder.path, 'own/entry.yaml'), ENTRY)
    writeFileSync(join(folder.path, 'own/alerts.yaml'), RULE)
    const catalogue = await openCatalogue({
      ...{ folder: folder.path, log: silentLog, metrics: new Metrics() },
    })
    await run(catalogue, folder.path)
  } finally {
    folder.remove()
  }
}

function edits(entry: string, texts: Texts): Parameters<Catalogue['fill']>[0] {
  return fillShelf([['edits', new Map([[entry, textsOf(texts)]])]])
}

test('an edit is shown with where it came from, and gone again when it is taken back', async () => {
  await withCatalogue(async (catalogue) => {
    const before = catalogue.version
    await catalogue.fill(edits('own', { 'alerts.yaml': RULE.replace('== 0', '< 1') }))
    const entry = catalogue.entry('own')
    assert.deepEqual(entry?.sources, { 'alerts.yaml': 'edits' })
    assert.equal(entry?.rules[0].expr, 'own_up < 1')
    assert.equal(catalogue.files('own')?.get('alerts.yaml')?.under?.text, RULE)
    await catalogue.fill(new Map())
    assert.equal(catalogue.entry('own')?.rules[0].expr, 'own_up == 0')
    assert.equal(catalogue.version, before)
  })
})

test('an edit that cannot be used, put there by hand, hides nothing and is told', async () => {
  await withCatalogue(async (catalogue) => {
    await catalogue.fill(
      edits('own', { 'alerts.yaml': '- alert: A\n  expr: sum(\n', 'entry.yaml': 'name: other\n' }),
    )
    const entry = catalogue.entry('own')
    assert.equal(entry?.title, 'Own')
    assert.equal(entry?.rules[0].expr, 'own_up == 0')
    assert.deepEqual(entry?.sources, {})
    assert.match(catalogue.faults().join('\n'), /^own\/entry\.yaml:1:1: /m)
    assert.match(catalogue.faults().join('\n'), /^own\/alerts\.yaml:2:12: parse error/m)
    assert.match(catalogue.files('own')?.get('alerts.yaml')?.text ?? '', /sum/, 'to be mended')
  })
})

test('an edit of one entry leaves the others as they were read, faults and all', async () => {
  await withCatalogue(async (catalogue, path) => {
    writeFileSync(join(path, 'own/helm.yaml'), 'a: [\n')
    writeFileSync(join(path, 'own/unknown.txt'), '')
    await catalogue.reload()
    const [entry, faults] = [catalogue.entry('own'), catalogue.faults()]
    assert.equal(faults.length, 2)
    await catalogue.fill(edits('new', { 'entry.yaml': ENTRY.replace('name: own', 'name: new') }))
    assert.equal(catalogue.entry('own'), entry)
    assert.deepEqual(catalogue.faults(), faults)
    rmSync(join(path, 'own/unknown.txt'))
    await catalogue.reload()
    assert.equal(catalogue.faults().length, 1)
    writeFileSync(join(path, 'own/helm.yaml'), 'a: 1\n')
    await catalogue.reload()
    assert.deepEqual(catalogue.faults(), [])
    assert.equal(catalogue.entry('own')?.content.I, true)
  })
})

test('an entry may be of edits alone', async () => {
  await withCatalogue(async (catalogue) => {
    await catalogue.fill(edits('new', { 'entry.yaml': ENTRY.replace('name: own', 'name: new') }))
    assert.equal(catalogue.entry('new')?.title, 'Own')
    assert.deepEqual(catalogue.faults(), [])
  })
})
