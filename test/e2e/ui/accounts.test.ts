/** Logging in and out, and the page of accounts, in a real browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage } from './browser.ts'
import { hubStage } from './stage.ts'

const NAME = 'anne'
const PASSWORD = 'correct horse'
/** Would open a dialog if it were taken for markup. */
const HOSTILE = '<img src=x onerror=alert(1)>'

const stage = hubStage('ui-accounts')
const { skip } = stage

async function logIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('Name').fill(NAME)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}

test('the page says that nobody has to log in, and the first user changes that', {
  skip,
}, async () => {
  const { page, faults } = await openPage(stage.browser, `${stage.hub.url}/accounts`)
  await page.getByText('Nobody has to log in here').waitFor()
  await keepScreenshot(page, 'accounts-open')
  await page.getByRole('button', { name: 'New user' }).click()
  await page.getByText('With this user logging in becomes necessary').waitFor()
  assert.equal(await page.getByLabel('Role').inputValue(), 'admin')
  await page.getByLabel('Name').fill(NAME)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Add user' }).click()
  await page.getByRole('heading', { name: 'Log in to narthex' }).waitFor()
  assert.equal(new URL(page.url()).search, '?to=accounts')
  assert.equal((await fetch(`${stage.hub.url}/sd/http`)).status, 401)
  await keepScreenshot(page, 'login')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('who is not logged in comes to the login page, and from there back; logging out ends it', {
  skip,
}, async () => {
  const { page, faults } = await openPage(
    stage.browser,
    `${stage.hub.url}/catalogue/mysqld?tab=alerts`,
  )
  await page.getByRole('heading', { name: 'Log in to narthex' }).waitFor()
  assert.equal(await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').count(), 0)
  await logIn(page, 'wrong password')
  await page.getByText('do not belong together').waitFor()
  assert.equal(await page.getByLabel('Password').inputValue(), '')
  await logIn(page)
  await page.getByRole('heading', { name: 'MySQL server exporter' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/catalogue/mysqld')
  assert.equal(new URL(page.url()).search, '?tab=alerts')
  const [cookie] = await page.context().cookies()
  assert.deepEqual(
    [cookie.name, cookie.httpOnly, cookie.sameSite, cookie.path],
    ['narthex_session', true, 'Strict', '/'],
  )
  await page.getByRole('button', { name: `Logged in as ${NAME}` }).click()
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('heading', { name: 'Log in to narthex' }).waitFor()
  const reply = await fetch(`${stage.hub.url}/api/v1/hub/session`, {
    headers: { cookie: `${cookie.name}=${cookie.value}` },
  })
  assert.equal(reply.status, 401, 'the session is over, not only forgotten')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('C33: the login page leads nowhere else, whatever its address says', { skip }, async () => {
  for (const to of ['https://evil.example/', '//evil.example', 'javascript:alert(1)', '/\\evil']) {
    const { page, faults } = await openPage(
      stage.browser,
      `${stage.hub.url}/login?${new URLSearchParams({ to })}`,
    )
    await logIn(page)
    await page.getByRole('heading', { name: 'Catalogue' }).waitFor()
    assert.equal(new URL(page.url()).origin, new URL(stage.hub.url).origin, to)
    assert.deepEqual(faults, [])
    await closePage(page)
  }
})

test('an admin adds a user and a token, which is shown once, and sees who did what', {
  skip,
}, async () => {
  const { page, faults } = await openPage(stage.browser, `${stage.hub.url}/login?to=accounts`)
  await logIn(page)
  await page.getByRole('button', { name: 'New user' }).click()
  await page.getByLabel('Name').fill(HOSTILE)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Add user' }).click()
  await page.getByRole('alert').getByText('cannot take account: name').waitFor()
  await page.getByLabel('Name').fill('bob')
  await page.getByLabel('Role').selectOption('editor')
  await page.getByRole('button', { name: 'Add user' }).click()
  await page.getByRole('row', { name: /^bob editor/ }).waitFor()

  await page.getByRole('tab', { name: 'Tokens' }).click()
  await page.getByText('No tokens in the records').waitFor()
  await page.getByRole('button', { name: 'New token' }).click()
  await page.getByLabel('Name').fill('prometheus')
  await page.getByRole('button', { name: 'Add token' }).click()
  const token = (await page.locator('.account-dialog .code-box pre').textContent()) ?? ''
  const polled = await fetch(`${stage.hub.url}/sd/http`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.equal(polled.status, 200)
  await page.getByRole('button', { name: 'Done' }).click()
  const row = page.getByRole('row', { name: /^prometheus viewer/ })
  await row.getByText('127.0.0.1').waitFor()
  assert.ok(!(await page.content()).includes(token))
  await row.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('No tokens in the records').waitFor()

  await page.getByRole('tab', { name: 'Sessions' }).click()
  await page.getByRole('row', { name: /^anne/ }).first().waitFor()
  await page.getByRole('tab', { name: 'Audit log' }).click()
  await page.getByRole('row', { name: /done anne .* DELETE \/api\/v1\/hub\/tokens/ }).waitFor()
  await page.getByLabel('Filter the audit log').fill(HOSTILE)
  await page.getByRole('row', { name: /400 anne/ }).waitFor()
  await page.getByRole('button', { name: 'Only refused' }).click()
  await page.waitForURL(/outcome=failed/)
  assert.equal(await page.getByRole('row').count(), 2, 'the head and the refusal')
  await keepScreenshot(page, 'audit')
  await page.reload()
  await page.getByRole('row', { name: /400 anne/ }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a viewer sees no accounts in the menu, and is told so at their address', {
  skip,
}, async () => {
  const body = JSON.stringify({ role: 'viewer', password: PASSWORD })
  const authorization = `Basic ${btoa(`${NAME}:${PASSWORD}`)}`
  const made = await fetch(`${stage.hub.url}/api/v1/hub/users/vera`, {
    ...{ method: 'PUT', headers: { authorization }, body },
  })
  assert.equal(made.status, 204)
  const { page } = await openPage(stage.browser, `${stage.hub.url}/login?to=accounts`)
  await page.getByLabel('Name').fill('vera')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('wanted the role admin').waitFor()
  const menu = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
  assert.ok(!(await menu.allInnerTexts()).includes('Accounts'))
  await closePage(page)
})

for (const [name, path] of [
  ['login', 'login'],
  ['users', 'login?to=accounts'],
  ['tokens', `login?to=${encodeURIComponent('accounts?section=tokens')}`],
  ['sessions', `login?to=${encodeURIComponent('accounts?section=sessions')}`],
  ['audit log', `login?to=${encodeURIComponent('accounts?section=audit')}`],
] as const) {
  test(`everybody can use it: ${name}`, { skip }, async () => {
    await checkAccess(
      stage.browser,
      `${stage.hub.url}/${path}`,
      `accounts ${name}`,
      async (page) => {
        await page.getByRole('heading', { name: 'Log in to narthex' }).waitFor()
        if (name === 'login') return
        await logIn(page)
        await page.locator('.rows-table, .empty').first().waitFor()
      },
    )
  })
}
