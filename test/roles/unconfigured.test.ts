/** What runs without a configuration file, and the jobs of the folder beside it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../src/base/folder.ts'
import { silentLog } from '../../src/base/log.ts'
import { Metrics } from '../../src/base/metrics.ts'
import { NO_WEB_CONFIG } from '../../src/config/web.ts'
import { Configuration } from '../../src/roles/configuration.ts'
import { admitSelf, makeSelfToken, unconfigured } from '../../src/roles/unconfigured.ts'
import { ManualClock } from '../store/log/disk.ts'

const GUARDED = {
  ...NO_WEB_CONFIG,
  tokens: [{ name: 'me', sha256: 'a'.repeat(64), role: 'admin' as const }],
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-unconfigured-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the token of the program itself goes to itself alone', (t) => {
  const folder = newFolder(t)
  writeFileSync(join(folder, 'other.yml'), 'scrape_configs: [{job_name: other}]')
  const token = makeSelfToken()
  const { scrape } = unconfigured('127.0.0.1:1', admitSelf(GUARDED, token), token, folder)
  assert.deepEqual(
    scrape.map(({ jobName, http }) => [jobName, http.authorization?.credentials === token]),
    [
      ['narthex', true],
      ['other', false],
    ],
  )
  assert.equal(scrape[1].scrapeIntervalMs, 5000, 'the built-in interval is theirs, too')
})

test('without a file a reload takes over the jobs of the folder, and a bad one changes nothing', async (t) => {
  const scrapeFolder = join(newFolder(t), '[a]*')
  const configuration = new Configuration({
    ...{ file: '', scrapeFolder },
    ...{ clock: new ManualClock(), log: silentLog, metrics: new Metrics() },
  })
  const jobs = (): string[] => configuration.current.scrape.map((job) => job.jobName)
  const token = makeSelfToken()
  await configuration.start(() => unconfigured('h:1', NO_WEB_CONFIG, token, scrapeFolder))
  assert.deepEqual(jobs(), ['narthex'], 'no folder is no jobs')

  makeFolder(scrapeFolder)
  writeFileSync(join(scrapeFolder, 'a.yml'), 'scrape_configs: [{job_name: a}]')
  writeFileSync(join(scrapeFolder, '.hidden.yml'), 'nonsense')
  writeFileSync(join(scrapeFolder, 'b.yml.new'), 'nonsense')
  await configuration.reload()
  assert.deepEqual(jobs(), ['narthex', 'a'])

  for (const [text, pattern] of [
    ['scrape_configs: [{job_name: a}]', /c\.yml:1:\d+: found multiple scrape configs .*"a"/],
    ['scrape_configs: [{job_name: narthex}]', /c\.yml:1:\d+: found multiple .*"narthex"/],
    ['global: {}', /c\.yml:1:1: .*global/],
    ['scrape_configs: [', /c\.yml:1:/],
  ] as const) {
    writeFileSync(join(scrapeFolder, 'c.yml'), text)
    await assert.rejects(configuration.reload(), pattern)
    assert.deepEqual(jobs(), ['narthex', 'a'])
    assert.equal(configuration.reloadSucceeded, false)
  }
  rmSync(join(scrapeFolder, 'c.yml'))
  rmSync(join(scrapeFolder, 'a.yml'))
  await configuration.reload()
  assert.deepEqual(jobs(), ['narthex'])
})
