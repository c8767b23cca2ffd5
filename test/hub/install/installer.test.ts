/** Installations: what is written, what is refused, and that undoing deletes exactly that. */
import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NarthexError } from '../../../src/base/error.ts'
import { readConfig } from '../../../src/config/config.ts'
import { readInstallRequest } from '../../../src/hub/install/request.ts'
import { done, openWorld, REQUEST } from './world.ts'

const FILES = ['mysqld.yml', 'rules/mysqld.yml', 'dashboards/mysqld.json']

function below(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort()
}

function refused(kind: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof NarthexError)
    assert.equal(error.kind, kind)
    assert.match(error.message, pattern)
    return true
  }
}

test('a plan is a job with ports, rules and a dashboard, each with its manifest, and nothing is written', async (t) => {
  const { installer, root } = openWorld(t)
  const plan = await done(
    installer.preview({ ...REQUEST, targets: ['db1', 'db1:9104', '[::1]'] }, 'me'),
  )
  const { config } = readConfig(plan.scrape, 'x.yml', {})
  assert.deepEqual(plan.targets, ['db1:9104', '[::1]:9104'])
  assert.deepEqual(config?.scrape[0].discovery.static[0].targets, plan.targets)
  assert.equal(config?.scrape[0].jobName, 'mysqld')
  const head =
    /^# narthex hub: \{"entry":"mysqld","version":"[0-9a-f]{12}","installed":"2026-01-02T00:00:00.000Z","by":"me"\}\n/
  assert.match(plan.scrape, head)
  assert.match(plan.rules, head)
  assert.equal(JSON.parse(plan.dashboard).__narthex.version, plan.version)
  assert.deepEqual(plan.notes, [])
  assert.deepEqual(below(root), [])
})

test('another name of the job is used, and what the rules do not see is noted', async (t) => {
  const { installer } = openWorld(t)
  const plan = await done(installer.preview({ ...REQUEST, job: 'db_west' }, ''))
  assert.equal(plan.name, 'db_west')
  assert.match(plan.notes.join(), /name job="mysqld": they do not see the job db_west/)
  const { uid, title } = JSON.parse(plan.dashboard)
  assert.deepEqual([uid, title], ['narthex-db_west', 'A dashboard (db_west)'])
})

test('who installs cannot write more than their name', async (t) => {
  const { installer } = openWorld(t)
  const { scrape, rules } = await done(installer.preview(REQUEST, 'a\nb: c\u2028d: e\u0085'))
  for (const text of [scrape, rules]) {
    assert.match(text.split('\n')[0], /"by":"a\\nb: c\\u2028d: e\\u0085"\}$/)
  }
})

test('installing writes three files and reloads; undoing deletes exactly these', async (t) => {
  const world = openWorld(t)
  const { installer, folder, root } = world
  mkdirSync(folder)
  writeFileSync(join(folder, 'mine.yml'), 'scrape_configs: []\n')
  const installed = await done(installer.install(REQUEST, 'me'))
  assert.deepEqual(installed.files, FILES)
  assert.deepEqual(installed.targets, ['db1:9104', 'db2:9200'])
  assert.equal(world.reloads, 1)
  assert.deepEqual(await installer.installs(), [installed])
  const plan = await done(installer.preview(REQUEST, 'me'))
  assert.equal(readFileSync(join(folder, FILES[0]), 'utf8'), plan.scrape)
  assert.equal(readFileSync(join(folder, FILES[1]), 'utf8'), plan.rules)
  assert.equal(readFileSync(join(folder, FILES[2]), 'utf8'), plan.dashboard)
  writeFileSync(join(folder, 'rules/theirs.yml'), '')
  assert.deepEqual(await installer.uninstall('mysqld'), installed)
  assert.equal(world.reloads, 2)
  assert.deepEqual(await installer.installs(), [])
  const left = ['dashboards', 'mine.yml', 'rules', 'rules/theirs.yml']
  assert.deepEqual(below(root), ['config.d', ...left.map((path) => `config.d/${path}`)].sort())
})

test('an entry with a job alone installs one file', async (t) => {
  const { installer } = openWorld(t)
  const { files } = await done(installer.install({ ...REQUEST, entry: 'bare' }, ''))
  assert.deepEqual(files, ['bare.yml'])
})

test('what cannot be used at once is taken back, and says why', async (t) => {
  const world = openWorld(t)
  world.fault = 'other.yml:1:1: nonsense'
  await assert.rejects(
    world.installer.install(REQUEST, ''),
    refused('execution', /nothing was installed: other\.yml:1:1/),
  )
  assert.deepEqual(await world.installer.installs(), [])
  assert.equal(existsSync(join(world.folder, 'mysqld.yml')), false)
  assert.deepEqual(readdirSync(join(world.folder, 'rules')), [])
})

test('of two at once one is installed', async (t) => {
  const { installer } = openWorld(t)
  const outcomes = await Promise.allSettled([
    installer.install(REQUEST, 'a'),
    installer.install({ ...REQUEST, targets: ['other'] }, 'b'),
  ])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  assert.equal((await installer.installs())[0].by, 'a')
})

for (const [name, request, kind, pattern] of [
  ['a name that climbs', { job: '../evil' }, 'bad_data', /job: found "\.\.\/evil"/],
  ['an absolute name', { job: '/tmp/evil' }, 'bad_data', /job: found/],
  ['a name with a zero byte', { job: 'a\0b' }, 'bad_data', /job: found/],
  ['a name with a dot', { job: 'a.yml' }, 'bad_data', /job: found/],
  ['a long name', { job: 'a'.repeat(65) }, 'bad_data', /job: found/],
  ['an entry that climbs', { entry: '../../etc' }, 'bad_data', /job: found/],
  ['an entry that climbs under a good name', { entry: '../x', job: 'a' }, 'not_found', /entry/],
  ['an entry that is not there', { entry: 'redis' }, 'not_found', /cannot find entry "redis"/],
  ['no targets', { targets: [] }, 'bad_data', /found none/],
  ['an interval that is none', { interval: '15' }, 'bad_data', /interval: found "15"/],
  ['an interval of two lines', { interval: '1s\nx: 1' }, 'bad_data', /interval: found/],
  ['an interval too long', { interval: '5m' }, 'bad_data', /from 1s to 4m/],
  ['an interval too short', { interval: '999ms' }, 'bad_data', /from 1s to 4m/],
  ['too many targets', { targets: Array(1001).fill('a') }, 'bad_data', /at most 1000/],
  ['an exporter that asks others', { entry: 'blackbox' }, 'bad_data', /hands-on text/],
] as const) {
  test(`${name}: nothing is installed`, async (t) => {
    const { installer, root } = openWorld(t)
    const asked = { ...REQUEST, ...request }
    await assert.rejects(installer.install(asked, ''), refused(kind, pattern))
    assert.deepEqual(below(root), [])
  })
}

test('every target that cannot be one is told by its place, and nothing is installed', async (t) => {
  const { installer, root } = openWorld(t)
  const targets = ['a', 'http://b:1', 'a:1\n- b', '::1', '']
  const asked = { ...REQUEST, targets }
  const outcomes = [
    await installer.preview(asked, ''),
    await installer.install(asked, ''),
    await installer.files(asked, ''),
  ]
  for (const outcome of outcomes) {
    assert.ok('problems' in outcome)
    assert.deepEqual(
      outcome.problems.map(({ index, field }) => `${field} ${index}`),
      ['targets 1', 'targets 2', 'targets 3', 'targets 4'],
    )
    assert.match(outcome.problems[0].reason, /is a URL/)
  }
  assert.deepEqual(below(root), [])
})

test('an interval stands in the job', async (t) => {
  const { installer } = openWorld(t)
  const plan = await done(installer.preview({ ...REQUEST, interval: '30s' }, ''))
  const { config } = readConfig(plan.scrape, 'x.yml', {})
  assert.equal(config?.scrape[0].scrapeIntervalMs, 30_000)
})

test('targets that another job scrapes already are noted', async (t) => {
  const { installer, scraped } = openWorld(t)
  scraped.set('db1:9104', ['mine'])
  const { notes } = await done(installer.preview(REQUEST, ''))
  assert.match(notes.join(), /there twice: db1:9104 \(mine\)$/)
})

test('files for others have the same texts, routes for each severity, and say which is for what', async (t) => {
  const { installer } = openWorld(t)
  const plan = await done(installer.preview(REQUEST, ''))
  const files = await done(installer.files(REQUEST, ''))
  const text = (file: string): string => files.find(({ name }) => name === file)?.text ?? ''
  assert.deepEqual(
    files.map(({ name }) => name),
    [
      'scrape.yml',
      'prometheus.yml',
      'rules.yml',
      'alertmanager.yml',
      'dashboard.json',
      'README.md',
    ],
  )
  assert.equal(text('scrape.yml'), plan.scrape)
  assert.equal(text('prometheus.yml'), `${plan.scrape}rule_files:\n  - rules.yml\n`)
  assert.equal(text('rules.yml'), plan.rules)
  assert.equal(text('dashboard.json'), plan.dashboard)
  assert.match(text('alertmanager.yml'), /- 'alertname=~"\w+"'\n *- 'severity="\w+"'\n/)
  for (const { name } of files.slice(0, -1)) assert.ok(text('README.md').includes(`\`${name}\``))
  const bare = await done(installer.files({ ...REQUEST, entry: 'bare' }, ''))
  assert.deepEqual(
    bare.map(({ name }) => name),
    ['scrape.yml', 'prometheus.yml', 'README.md'],
  )
})

test('a job that is configured elsewhere is refused', async (t) => {
  const world = openWorld(t)
  world.jobs.push('mysqld')
  const conflict = refused('conflict', /a job "mysqld" is configured already/)
  await assert.rejects(world.installer.preview(REQUEST, ''), conflict)
  await assert.rejects(world.installer.install(REQUEST, ''), conflict)
  assert.deepEqual(below(world.root), [])
})

test('files of others are neither overwritten, nor listed, nor deleted', async (t) => {
  const { installer, folder } = openWorld(t)
  for (const file of FILES) {
    const path = join(folder, file)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, '{}')
    await assert.rejects(installer.install(REQUEST, ''), refused('conflict', /is there already/))
    await assert.rejects(installer.uninstall('mysqld'), refused('not_found', /"mysqld"/))
    assert.equal(readFileSync(path, 'utf8'), '{}')
    rmSync(path)
  }
})

test('links are not followed out of the folder', async (t) => {
  const { installer, folder, root } = openWorld(t)
  const outside = join(root, 'outside')
  mkdirSync(outside)
  symlinkSync(outside, folder)
  await assert.rejects(installer.install(REQUEST, ''), refused('forbidden', /symbolic link/))
  rmSync(folder)
  mkdirSync(folder)
  symlinkSync(outside, join(folder, 'rules'))
  await assert.rejects(installer.install(REQUEST, ''), refused('forbidden', /symbolic link/))
  rmSync(join(folder, 'rules'))
  symlinkSync(join(outside, 'target'), join(folder, 'mysqld.yml'))
  await assert.rejects(installer.install(REQUEST, ''), refused('conflict', /is there already/))
  assert.deepEqual(readdirSync(outside), [])
})

test('what an attempt that was cut off has left is replaced', async (t) => {
  const { installer, folder } = openWorld(t)
  await installer.install(REQUEST, '')
  rmSync(join(folder, 'mysqld.yml'))
  const { files } = await done(installer.install({ ...REQUEST, targets: ['new'] }, ''))
  assert.deepEqual(files, FILES)
})

test('an installation that somebody has broken says so and can be undone', async (t) => {
  const { installer, folder } = openWorld(t)
  await installer.install(REQUEST, '')
  const path = join(folder, 'mysqld.yml')
  writeFileSync(path, `${readFileSync(path, 'utf8')}nonsense: 1\n`)
  const [{ fault }] = await installer.installs()
  assert.match(fault, /mysqld\.yml:\d+:\d+: .*nonsense/)
  await installer.uninstall('mysqld')
  assert.equal(existsSync(path), false)
})

for (const [name, value, pattern] of [
  ['a list', [], /found a list/],
  ['null', null, /found null/],
  ['an unknown field', { entry: 'a', targets: [], path: '/x' }, /the field "path"/],
  ['no entry', { targets: ['a'] }, /entry: found nothing/],
  ['targets as a text', { entry: 'a', targets: 'b' }, /targets: found a string/],
  ['a number among targets', { entry: 'a', targets: ['b', 1] }, /targets\[1\]: found a number/],
  ['a job that is no text', { entry: 'a', targets: ['b'], job: {} }, /job: found an object/],
] as const) {
  test(`a request with ${name} is refused`, () => {
    assert.throws(() => readInstallRequest(value), refused('bad_data', pattern))
  })
}
