/** The list of the catalogue in a real browser: favourites, new entries, orders, hosts, and what is found. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import bcrypt from 'bcryptjs'
import type { Browser, Page } from 'playwright-core'
import type { ListedEntry } from '../../../src/model/interest.ts'
import {
  freePort,
  missingComponents,
  ROOT,
  startProcess,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, openPage, startBrowser } from './browser.ts'

const skip = missingComponents('chromium')
const folder = temporaryFolder('ui-catalogue')
let browser: Browser
let hub: TestProcess

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  const source = join(folder.path, 'source')
  mkdirSync(source)
  const rule = (name: string): string => `- alert: ${name}Down\n  expr: ${name}_up == 0\n`
  writeFileSync(join(source, 'team_alert.yaml'), rule('team'))
  const config = join(folder.path, 'narthex.yml')
  const sources = `[{name: team, type: folder, path: ${source}}]`
  writeFileSync(config, `narthex: {hub: {sources: ${sources}}}\n`)
  hub = await startRole('hub', [
    ...[`--storage.path=${folder.path}/data`, `--config.file=${config}`, '--log.level=error'],
  ])
  await fetch(`${hub.url}/api/v1/sd/groups/web`, {
    method: 'PUT',
    body: JSON.stringify([
      { targets: ['web-1:9100', 'web-2:9100'], labels: { job: 'node' } },
      { targets: ['db:9104'] },
    ]),
  })
  await until('the source', async () => (await listed()).some(({ name }) => name === 'team'))
  // What is there when all sources were asked for the first time is not new: that has to be noted.
  await fetch(`${hub.url}/-/reload`, { method: 'POST' })
  writeFileSync(join(source, 'flux_alert.yaml'), rule('flux'))
  await fetch(`${hub.url}/api/v1/hub/refresh`, { method: 'POST' })
  await until('the new entry', async () => (await listed()).some(({ isNew }) => isNew))
})
const ends: (() => unknown)[] = []
after(async () => {
  await Promise.all([browser?.close(), hub?.kill(), ...ends.map((end) => end())])
  folder.remove()
})

async function listed(): Promise<readonly ListedEntry[]> {
  const reply = await fetch(`${hub.url}/api/v1/hub/entries`)
  return ((await reply.json()) as { data: readonly ListedEntry[] }).data
}

const names = (page: Page): Promise<string[]> => page.locator('.row-name').allInnerTexts()
const star = (page: Page, title: string) =>
  page.getByRole('button', { name: `Favourite: ${title}`, exact: true })

test('favourites are marked by key and by click, stay in the browser and are a filter', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue?search=redis`)
  await page.getByRole('link', { name: 'Redis exporter' }).focus()
  await page.keyboard.press('f')
  await page.locator('.star[aria-pressed="true"]').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Redis exporter', level: 1 }).waitFor()
  assert.equal(await star(page, 'Redis exporter').getAttribute('aria-pressed'), 'true')
  await page.goto(`${hub.url}/catalogue/node`)
  await star(page, 'Node exporter').click()
  await page.goto(`${hub.url}/catalogue`)
  await page.getByRole('button', { name: '2 favourites' }).click()
  assert.equal(new URL(page.url()).search, '?only=favourite')
  await until('two', async () => (await names(page)).length === 2)
  assert.deepEqual(await names(page), ['Node exporter', 'Redis exporter'])
  await page.reload()
  await until('two again', async () => (await names(page)).length === 2)
  await star(page, 'Node exporter').click()
  await star(page, 'Redis exporter').click()
  await page.getByText('among your favourites').waitFor()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.getByRole('link', { name: 'Redis exporter' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('favourites of a user come along into another browser, and are nobody else’s', {
  skip,
}, async () => {
  const file = join(folder.path, 'web.yml')
  const hash = bcrypt.hashSync('open sesame', 4)
  const users = `basic_auth_users: {anne: '${hash}', bob: '${hash}'}`
  writeFileSync(file, `${users}\nnarthex: {roles: {anne: viewer, bob: viewer}}\n`)
  const url = `http://127.0.0.1:${await freePort()}`
  const guarded = startProcess(join(ROOT, 'bin/narthex'), [
    ...['hub', `--web.listen-address=${new URL(url).host}`, '--log.level=error'],
    ...[`--storage.path=${folder.path}/guarded`, `--web.config.file=${file}`],
  ])
  ends.push(() => guarded.kill())
  await until('the guarded hub', () => guarded.output().includes('is ready'))
  const openAs = async (user: string): Promise<Page> => {
    const word = Buffer.from(`${user}:open sesame`).toString('base64')
    const extraHTTPHeaders = { authorization: `Basic ${word}` }
    const { page } = await openPage(browser, `${url}/catalogue`, { extraHTTPHeaders })
    await page.getByRole('link', { name: 'Node exporter' }).waitFor()
    return page
  }
  const first = await openAs('anne')
  const taken = first.waitForResponse(/favourites\/node$/)
  await star(first, 'Node exporter').click()
  assert.equal((await taken).status(), 204)
  const second = await openAs('anne')
  await second.getByRole('button', { name: '1 favourite', exact: true }).waitFor()
  const other = await openAs('bob')
  assert.equal(await star(other, 'Node exporter').getAttribute('aria-pressed'), 'false')
  await guarded.kill()
  await star(first, 'Redis exporter').click()
  await first.getByText('cannot mark redis').waitFor()
  assert.equal(await star(first, 'Redis exporter').getAttribute('aria-pressed'), 'false')
  for (const page of [first, second, other]) await closePage(page)
})

test('FIELD 1: new is what came since, and only that', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue?only=new`)
  await page.getByText('NEW', { exact: true }).waitFor()
  assert.deepEqual(await names(page), ['flux'])
  await page.goto(`${hub.url}/catalogue?sort=recent`)
  await page.getByRole('columnheader', { name: 'Changed' }).waitFor()
  assert.equal((await names(page))[0], 'flux')
  await page.getByRole('link', { name: 'flux', exact: true }).click()
  await page.getByText('NEW', { exact: true }).waitFor()
  await page.getByText('here since').waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('where entries run is in the list and leads to the targets; a guess says so', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue?only=here`)
  await page.getByText('probably on 2 hosts').waitFor()
  assert.deepEqual(await names(page), ['MySQL server exporter', 'Node exporter'])
  await page.getByRole('link', { name: 'Node exporter' }).click()
  await page.getByText('by job and port of registered targets').waitFor()
  await page.getByRole('link', { name: 'web-2:9100' }).click()
  await page.getByRole('link', { name: 'web', exact: true }).waitFor()
  assert.equal(new URL(page.url()).search, '?search=web-2%3A9100')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a search shows the alert that it has found, and counts are orders', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue`)
  await page.locator('.row-name').first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('mysqlreplicalags')
  const found = page.locator('.matches')
  await found.getByText('MysqlReplicaLags').waitFor()
  assert.equal(await found.textContent(), 'alert MysqlReplicaLags')
  assert.equal(await found.locator('mark').textContent(), 'MysqlReplicaLags')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByText(/\d+ of \d+ rules, \d+ of \d+ panels verified on/).waitFor()
  await until('the look is counted', async () =>
    (await listed()).some(({ name, views }) => name === 'mysqld' && views === 1),
  )
  await page.goto(`${hub.url}/catalogue`)
  await page.getByRole('combobox', { name: 'Order' }).selectOption('popular')
  await page.getByRole('columnheader', { name: 'Used here' }).waitFor()
  assert.equal(new URL(page.url()).search, '?sort=popular')
  const looked = (await listed()).filter(({ views }) => views > 0).map(({ title }) => title)
  assert.ok(looked.includes((await names(page))[0]))
  assert.deepEqual(faults, [])
  await closePage(page)
})

for (const [name, path] of [
  ['catalogue by use', '/catalogue?sort=popular&search=lag'],
  ['catalogue new', '/catalogue?only=new&sort=recent'],
  ['entry with hosts', '/catalogue/node'],
] as const) {
  test(`everybody can use it: ${name}`, { skip }, async () => {
    await checkAccess(browser, hub.url + path, name, (page) =>
      page.locator('.star').first().waitFor(),
    )
  })
}
