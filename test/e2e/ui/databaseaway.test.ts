/** The pages of `up` while the database of its records is away: what is scraped is seen, and the rest says why not. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { urlOf } from '../../records/databases.ts'
import { startPostgres } from '../../support/postgres.ts'
import {
  freePort,
  missingComponents,
  ROOT,
  startNarthex,
  startProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { keepScreenshot, openPage, startBrowser } from './browser.ts'

const skip = missingComponents('chromium', 'postgres', 'initdb', 'setpriv')
const AWAY = /cannot reach the database: /

/** What the browser says of answers that are wanted here. */
const withoutRefusals = (faults: readonly string[]): readonly string[] =>
  faults.filter((fault) => !/status of 503/.test(fault))

test('registry and accounts say what is away and come by themselves; targets and graphs do not care', {
  skip,
  timeout: 300_000,
}, async (t) => {
  const database = await startPostgres()
  t.after(() => database.stop())
  const folder = temporaryFolder('ui-databaseaway')
  t.after(() => folder.remove())
  const url = urlOf(database.port, 'postgres').reveal()
  const flags = ['--log.level=error', `--database.url=${url}`]
  const known = await startNarthex({ storage: join(folder.path, 'known'), flags })
  t.after(() => known.stop())
  assert.equal((await fetch(`${known.url}/sd/http`)).status, 200)
  await database.halt()
  const browser = await startBrowser()
  t.after(() => browser.close())

  const { page, faults } = await openPage(browser, `${known.url}/targets`)
  await page.getByText('/metrics').first().waitFor()
  await page.goto(`${known.url}/catalogue`)
  await page.getByRole('link', { name: 'Alertmanager' }).first().waitFor()
  for (const name of ['accounts', 'registry']) {
    await page.goto(`${known.url}/${name}`)
    await page.getByText(AWAY).first().waitFor()
    await keepInBoth(page, `databaseaway-${name}`)
  }

  const strange = await startWithout(t, join(folder.path, 'strange'), flags)
  const { page: other, faults: otherFaults } = await openPage(browser, `${strange}/targets`)
  await other
    .getByText(/cannot tell who asks: the database is away/)
    .first()
    .waitFor()
  await keepInBoth(other, 'databaseaway-strange')

  await database.resume()
  await page.getByText('No groups yet').waitFor()
  await other.getByText('/metrics').first().waitFor()
  await other.getByRole('link', { name: 'Accounts' }).waitFor()
  assert.deepEqual(withoutRefusals([...faults, ...otherFaults]), [])
})

async function keepInBoth(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, `${name}-${colorScheme}`)
  }
}

/** One that has never heard of its database: nobody is told whether it is ready. */
async function startWithout(
  t: { after(run: () => unknown): void },
  storage: string,
  flags: readonly string[],
): Promise<string> {
  const url = `http://127.0.0.1:${await freePort()}`
  const address = `--web.listen-address=${url.slice('http://'.length)}`
  const started = startProcess(join(ROOT, 'bin/narthex'), [
    ...['up', address, `--storage.path=${storage}`, ...flags],
  ])
  t.after(() => started.stop())
  await until('it is ready', () => started.output().includes(`narthex is ready: ${url}`))
  return url
}
