/** The catalogue as a whole, and the mistakes that others made with theirs. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { openCatalogue } from '../../../src/hub/catalogue/catalogue.ts'
import { ALL_ENTRIES, type CatalogueView } from '../../../src/model/catalogue.ts'
import {
  alertsYaml,
  catalogueOf,
  dashboardJson,
  entryYaml,
  newFolder,
  VERIFIED,
  writeEntries,
} from './support.ts'

const names = (catalogue: CatalogueView): readonly string[] =>
  catalogue.entries(ALL_ENTRIES).map(({ name }) => name)

const WHOLE = {
  'entry.yaml': entryYaml('a', `${VERIFIED}\nmisses: {a_slave: needs a replica}`),
  'README.md': '# a',
  'helm.yaml': 'kind: Deployment\n---\nkind: Service\n',
  'alerts.yaml': alertsYaml('a_up == 0'),
  'dashboard.json': dashboardJson('a_up', 'a_slave'),
  'sample.prom': '# HELP a_up Whether it is up.\n# TYPE a_up gauge\na_up 1\n',
}

test('an entry has all that its files say', async () => {
  const { catalogue } = await catalogueOf({ a: WHOLE })
  assert.deepEqual(catalogue.faults(), [])
  assert.deepEqual(catalogue.entries(ALL_ENTRIES), [
    {
      name: 'a',
      title: 'The a exporter',
      category: 'Database',
      description: 'What a does.',
      official: true,
      port: 9104,
      upstream: 'https://example.org/a',
      content: { E: true, I: true, A: true, G: true },
      verified: { rules: { ok: 1, all: 1 }, panels: { ok: 1, all: 2 }, on: '1.5.0' },
    },
  ])
  const entry = catalogue.entry('a')
  assert.deepEqual(entry?.metrics, [{ name: 'a_up', type: 'gauge', help: 'Whether it is up.' }])
  assert.equal(entry?.files.alerts, WHOLE['alerts.yaml'])
  assert.deepEqual(entry?.panels[1].needs, [
    { metric: 'a_slave', isThere: false, reason: 'needs a replica' },
  ])
  assert.equal(catalogue.entry('b'), undefined)
})

test('flags are right: each is on exactly where a file that can be used is there', async () => {
  const files = ['README.md', 'helm.yaml', 'alerts.yaml', 'dashboard.json'] as const
  const entries: Record<string, Record<string, string>> = {}
  const wanted: Record<string, boolean[]> = {}
  for (let mask = 0; mask < 16; mask++) {
    const name = `e${mask}`
    const has = files.map((_, index) => (mask & (1 << index)) !== 0)
    const texts = files.filter((_, index) => has[index]).map((file) => [file, WHOLE[file]])
    entries[name] = { 'entry.yaml': entryYaml(name), ...Object.fromEntries(texts) }
    wanted[name] = has
  }
  entries.broken = {
    'entry.yaml': entryYaml('broken'),
    'README.md': '',
    'helm.yaml': 'a: b\n---\nc: [',
    'alerts.yaml': 'groups: [',
    'dashboard.json': '{',
  }
  wanted.broken = [false, false, false, false]
  const { catalogue } = await catalogueOf(entries)
  for (const { name, content } of catalogue.entries(ALL_ENTRIES)) {
    assert.deepEqual([content.E, content.I, content.A, content.G], wanted[name], name)
  }
  const faults = catalogue.faults().join('\n')
  assert.match(faults, /^broken\/helm\.yaml:3:\d+: /m, 'the line is that of the file')
  assert.match(faults, /^broken\/alerts\.yaml:1:\d+: /m)
  assert.match(faults, /^broken\/dashboard\.json:1:2: /m)
})

test('a bare list of alert rules is one that Prometheus loads, because groups: is put around it', async () => {
  const bare = alertsYaml('a_up == 0')
    .split('\n')
    .slice(3)
    .map((line) => line.slice(6))
    .join('\n')
  const { catalogue } = await catalogueOf({ a: { ...WHOLE, 'alerts.yaml': bare } })
  assert.deepEqual(catalogue.faults(), [])
  assert.match(
    catalogue.entry('a')?.files.alerts ?? '',
    /^groups:\n {2}- name: a\n {4}rules:\n {6}- alert: Something\n/,
  )
})

test('content is tried against the exporter it is for: a metric that is missing without a reason is a fault', async () => {
  const { catalogue } = await catalogueOf({
    a: {
      ...WHOLE,
      'alerts.yaml': alertsYaml('a_gone == 0'),
      'dashboard.json': dashboardJson('a_lost'),
    },
  })
  assert.deepEqual(catalogue.faults(), [
    'a/entry.yaml:11:1: cannot verify alert Something: a_gone is not in the sample, wanted the reason in misses',
    'a/entry.yaml:11:1: cannot verify panel Panel 1: a_lost is not in the sample, wanted the reason in misses',
    'a/entry.yaml:11:1: cannot use the reason for a_slave: it is there, or nothing asks for it',
  ])
  assert.deepEqual(catalogue.entry('a')?.verified.rules, { ok: 0, all: 1 })
})

test('a metric that leaves the sample lowers the share, and is a fault', async () => {
  const { catalogue } = await catalogueOf({
    a: {
      ...WHOLE,
      'sample.prom': 'b_up 1\n',
      'entry.yaml': `${WHOLE['entry.yaml']}`.replace('[a_up]', '[b_up]'),
    },
  })
  assert.deepEqual(catalogue.entry('a')?.verified.rules, { ok: 0, all: 1 })
  assert.match(
    catalogue.faults().join('\n'),
    /cannot verify alert Something: a_up is not in the sample/,
  )
})

test('what says that it is verified has a sample, and what has one says so', async () => {
  const { 'sample.prom': _, ...without } = WHOLE
  const { catalogue } = await catalogueOf({
    a: without,
    b: { 'entry.yaml': entryYaml('b'), 'sample.prom': 'b_up 1\n' },
    c: { 'entry.yaml': entryYaml('c', VERIFIED), 'sample.prom': 'c_down 1\nb_up 1\n' },
    d: { 'entry.yaml': entryYaml('d', VERIFIED), 'sample.prom': 'd_up 1\nd{\n' },
  })
  const faults = catalogue.faults()
  const wanted = [
    /^a\/entry\.yaml:9:1: cannot verify entry: no sample\.prom, or no recorded to say of what$/,
    /^b\/entry\.yaml:1:1: cannot use sample\.prom: verified is not true$/,
    /^c\/entry\.yaml:8:1: cannot recognise entry: c_up is not in the sample$/,
    /^d\/sample\.prom:2:1: /,
    /^d\/entry\.yaml:9:1: cannot verify entry: no sample\.prom/,
    /^b\/entry\.yaml:1:1: cannot recognise b: c has all these metrics, too$/,
  ]
  assert.equal(faults.length, wanted.length)
  wanted.forEach((fault, index) => {
    assert.match(faults[index], fault)
  })
})

test('a metric that tells the exporter may be one that the recorded version lacks, with its reason', async () => {
  const lacking = entryYaml('a', `${VERIFIED}\nmisses: {a_up: exported from 2.0 on}`)
  const { catalogue } = await catalogueOf({
    a: { 'entry.yaml': lacking, 'sample.prom': 'go_info 1\n' },
  })
  assert.deepEqual(catalogue.faults(), [])
})

test('the list is never empty because a token is missing: there is none, and nothing is asked for it', async () => {
  const before = globalThis.fetch
  globalThis.fetch = () => assert.fail('a request left')
  try {
    const { catalogue } = await catalogueOf({ a: WHOLE })
    assert.deepEqual(names(catalogue), ['a'])
  } finally {
    globalThis.fetch = before
  }
})

test('one bad entry does not take the others with it', async () => {
  const { catalogue, folder } = await catalogueOf({
    a: WHOLE,
    b: { 'entry.yaml': 'name: [' },
    c: {},
    'Bad Name': { 'entry.yaml': entryYaml('bad') },
  })
  symlinkSync('/etc', join(folder, 'd'))
  writeFileSync(join(folder, 'notes.txt'), '')
  mkdirSync(join(folder, '.git'))
  await catalogue.reload()
  assert.deepEqual(names(catalogue), ['a'])
  const faults = catalogue.faults()
  assert.equal(faults.length, 4)
  assert.match(faults[0], /^Bad Name:1:1: cannot use Bad Name: wanted small letters/)
  assert.match(faults[1], /^b\/entry\.yaml:1:\d+: /)
  assert.match(faults[2], /^c\/entry\.yaml:1:1: cannot read entry: it has no entry\.yaml/)
  assert.match(faults[3], /leads out of the folder/)
})

test('a source that empties itself or goes away leaves the last good catalogue, with a warning', async () => {
  const { catalogue, folder, metrics } = await catalogueOf({
    a: WHOLE,
    b: { 'entry.yaml': entryYaml('b') },
  })
  const version = catalogue.version
  renameSync(folder, `${folder}.away`)
  await catalogue.reload()
  assert.deepEqual(names(catalogue), ['a', 'b'])
  assert.match(catalogue.faults()[0], /cannot read the catalogue .*ENOENT/)
  assert.notEqual(catalogue.version, version, 'the warning is news, too')
  mkdirSync(folder)
  await catalogue.reload()
  assert.deepEqual(names(catalogue), ['a', 'b'])
  assert.match(catalogue.faults()[0], /no entry in it/)
  assert.match(metrics.render(), /^narthex_catalogue_failures_total 2$/m)
  assert.match(metrics.render(), /^narthex_catalogue_entries 2$/m)
  rmSync(folder, { recursive: true })
  renameSync(`${folder}.away`, folder)
  rmSync(join(folder, 'b'), { recursive: true })
  await catalogue.reload()
  assert.deepEqual(names(catalogue), ['a'], 'what was taken away is gone')
  assert.match(metrics.render(), /^narthex_catalogue_faults 0$/m)
})

test('an entry that turns bad stays as it was', async () => {
  const { catalogue, folder } = await catalogueOf({ a: WHOLE })
  writeEntries(folder, { a: { 'entry.yaml': 'name: b' } })
  await catalogue.reload()
  assert.equal(catalogue.entry('a')?.title, 'The a exporter')
  assert.match(catalogue.faults()[0], /^a\/entry\.yaml:1:1: /)
})

test('a catalogue that was never there is empty, says why, and is there once it is', async () => {
  const folder = join(newFolder(), 'later')
  const catalogue = await openCatalogue({ folder, log: silentLog, metrics: new Metrics() })
  assert.deepEqual(names(catalogue), [])
  assert.match(catalogue.faults()[0], /cannot read the catalogue/)
  writeEntries(folder, { a: WHOLE })
  await Promise.all([catalogue.reload(), catalogue.reload()])
  assert.deepEqual(names(catalogue), ['a'])
})

test('the version stays while nothing changes, and changes with any file', async () => {
  const { catalogue, folder } = await catalogueOf({ a: WHOLE })
  const version = catalogue.version
  await catalogue.reload()
  assert.equal(catalogue.version, version)
  writeEntries(folder, { a: { 'README.md': '# another' } })
  await catalogue.reload()
  assert.notEqual(catalogue.version, version)
})

test('an exporter is recognised by its metrics, all of them', async () => {
  const { catalogue } = await catalogueOf({
    a: { 'entry.yaml': entryYaml('a').replace('[a_up]', '[a_up, a_info]') },
    b: { 'entry.yaml': entryYaml('b') },
  })
  assert.deepEqual(catalogue.recognise(new Set(['a_up', 'b_up', 'go_info'])), ['b'])
  assert.deepEqual(catalogue.recognise(new Set(['a_up', 'a_info'])), ['a'])
  assert.deepEqual(catalogue.recognise(new Set()), [])
})
