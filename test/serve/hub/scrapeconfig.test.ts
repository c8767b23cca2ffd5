/** The files that the hub writes for consumers are files that those consumers take. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readConfig } from '../../../src/config/config.ts'
import { type ScrapeConfigFor, writeScrapeConfig } from '../../../src/serve/hub/scrapeconfig.ts'
import { findComponent } from '../../../tools/components.ts'
import { missingComponents, temporaryFolder } from '../../support/processes.ts'

const folder = temporaryFolder('scrapeconfig')
after(() => folder.remove())
writeFileSync(join(folder.path, 'hub.token'), 'viewer-token')

const LISTS = [false, true].flatMap((needsToken) => [
  { url: 'http://127.0.0.1:9395/sd/http', job: '', needsToken },
  {
    url: 'https://hub.example/sd/http/my%20job?dbms=MySQL&x=%22%0A',
    job: 'my "job": #1',
    needsToken,
  },
])

/** Runs who reads the file, in its folder. @returns what it said, '' for nothing to complain of */
function complaint(command: string, args: readonly string[]): string {
  const found = findComponent(command)
  assert.ok(found !== undefined)
  const env = { ...process.env, ...found.env }
  const { status, stdout, stderr } = spawnSync(found.path, args, {
    ...{ cwd: folder.path, encoding: 'utf8', env },
  })
  return status === 0 ? '' : `${stdout}${stderr}`
}

function write(consumer: ScrapeConfigFor, list: (typeof LISTS)[number]): string {
  const file = join(folder.path, `${consumer}.yml`)
  writeFileSync(file, writeScrapeConfig(consumer, list))
  return file
}

describe('the real consumers', () => {
  test('promtool takes the file for Prometheus', { skip: missingComponents('promtool') }, () => {
    for (const list of LISTS) {
      assert.equal(complaint('promtool', ['check', 'config', write('prometheus', list)]), '')
    }
  })

  test('vmagent takes its file', { skip: missingComponents('vmagent') }, () => {
    for (const list of LISTS) {
      const flags = ['-dryRun', `-promscrape.config=${write('vmagent', list)}`]
      assert.equal(complaint('vmagent', [...flags, '-promscrape.config.strictParse']), '')
    }
  })
})

test('narthex takes its own', () => {
  for (const list of LISTS) {
    const file = write('narthex', list)
    const { config, errors } = readConfig(writeScrapeConfig('narthex', list), file, {})
    assert.deepEqual(errors, [])
    assert.equal(config?.scrape[0].jobName, list.job || 'hub')
  }
})

test('a token is read from a file where the hub asks who comes, and only told of where it does not', () => {
  const lines = LISTS.map((list) =>
    writeScrapeConfig('prometheus', list)
      .split('\n')
      .filter((line) => line.includes('authorization'))
      .map((line) => line.trim()),
  )
  const told = '# authorization: {credentials_file: hub.token}'
  assert.deepEqual(lines, [[told], [told], [told.slice(2)], [told.slice(2)]])
})
