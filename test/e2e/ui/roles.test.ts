/** Pages of a server that nobody has pushed to, and of an ingester whose broker is away. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import {
  freePort,
  isOk,
  missingComponents,
  ROOT,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage, startBrowser } from './browser.ts'

/** How often the pages ask. */
const POLL_MS = 5000

const skip = missingComponents('chromium')
const folder = temporaryFolder('ui-roles')
const running: Pick<TestProcess, 'kill'>[] = []
let browser: Browser
let server: TestProcess
let ingester: string

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  server = await startRole('server', [`--storage.path=${folder.path}/data`, '--log.level=error'])
  running.push(server)
  ingester = await startIngester()
})
after(async () => {
  await Promise.all([browser?.close(), ...running.map((each) => each.kill())])
  folder.remove()
})

/** It lives, but is not ready before a broker answers. */
async function startIngester(): Promise<string> {
  const file = `${folder.path}/ingester.yml`
  writeFileSync(
    file,
    `remote_write: [{name: store, url: '${server.url}/api/v1/write'}]
narthex:
  ingester:
    kafka: {brokers: ['127.0.0.1:1'], topics: [metrics], group: g}
`,
  )
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flags = [`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`]
  running.push(startProcess(join(ROOT, 'bin/narthex'), ['ingester', ...flags, '--log.level=error']))
  await until('an ingester that lives', () => isOk(`${url}/-/healthy`))
  return url
}

/** What an ingester with a broker says. */
async function answerPartitions(page: Page): Promise<void> {
  let offset = 1000
  await page.route('**/api/v1/status/partitions', (route) => {
    offset += 50
    const partitions = [
      { committedOffset: offset, endOffset: offset, lag: 0, isWaiting: false, stillSeconds: 4 },
      {
        committedOffset: offset,
        endOffset: offset + 30,
        lag: 30,
        isWaiting: true,
        stillSeconds: 0,
      },
      { committedOffset: -1, endOffset: 8000, lag: 8000, isWaiting: true, stillSeconds: 90 },
    ].map((each, partition) => ({ ...each, topic: '지표', partition, queuedBytes: 4096 }))
    const lastError = 'cannot write batch: destination store refuses it'
    return route.fulfill({ json: { status: 'success', data: { partitions, lastError } } })
  })
}

test('a server that nobody has pushed to says how an agent begins', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${server.url}/`)
  const nav = page.getByRole('navigation', { name: 'Pages' })
  assert.deepEqual(await nav.getByRole('link').allInnerTexts(), ['Explore', 'Sending', 'Status'])
  await page.getByText('Nothing collected yet').waitFor()
  await page.getByText(`narthex agent --remote-write.url=${server.url}/api/v1/write`).waitFor()
  await keepScreenshot(page, 'server-empty')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('an ingester without a broker says why it reads nothing', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${ingester}/`)
  await page.getByRole('heading', { name: 'Partitions' }).waitFor()
  await page.getByText('No partition is read here').waitFor()
  await page.getByRole('alert').getByText('ECONNREFUSED').waitFor()
  await page.getByRole('link', { name: 'Sending' }).click()
  await page.getByRole('region', { name: 'Destination store' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('partitions: what is behind comes first, and how fast each moves', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${ingester}/status`)
  await answerPartitions(page)
  await page.clock.install()
  await page.getByRole('link', { name: 'Partitions', exact: true }).click()
  const rows = page.locator('.rows-table tbody tr')
  await rows.nth(0).getByText('stands still').waitFor()
  await rows.nth(0).getByText('nothing yet').waitFor()
  await rows.nth(1).getByText('writing').waitFor()
  await rows.nth(2).getByText('caught up').waitFor()
  await page.getByRole('alert').getByText('refuses it').waitFor()
  await page.clock.fastForward(POLL_MS)
  await rows
    .nth(1)
    .getByText(/\d\/s$/)
    .waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('still')
  await until('one row', async () => (await rows.count()) === 1)
  assert.equal(new URL(page.url()).searchParams.get('search'), 'still')
  await page.getByRole('searchbox').fill('')
  await keepScreenshot(page, 'partitions')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('axe finds nothing in either scheme, nothing sticks out: partitions', { skip }, async () => {
  await checkAccess(browser, `${ingester}/status`, 'partition list', async (page) => {
    await answerPartitions(page)
    await page.getByRole('link', { name: 'Partitions', exact: true }).click()
    await page.locator('.rows-table tbody tr').first().waitFor()
  })
})

test('axe finds nothing in either scheme, nothing sticks out: a server without data', {
  skip,
}, async () => {
  await checkAccess(browser, `${server.url}/`, 'server empty', (page) =>
    page.locator('.code-box').waitFor(),
  )
})
