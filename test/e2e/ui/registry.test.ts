/** Files, several documents at once, and what was changed, in a real browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage } from './browser.ts'
import { hubStage } from './stage.ts'

const stage = hubStage('ui-registry')
const { skip } = stage
const CSV = 'group,target,env\nweb,10.0.0.1:80,prod\nweb,10.0.0.2:80,prod\ndb,10.0.0.3:80,prod\n'

async function groups(): Promise<readonly string[]> {
  const reply = await fetch(`${stage.hub.url}/api/v1/sd/groups`)
  const { data } = (await reply.json()) as { data: { groups: { name: string; targets: number }[] } }
  return data.groups.map(({ name, targets }) => `${name} ${targets}`)
}

async function paste(page: Page, text: string): Promise<void> {
  await page.getByLabel('or paste its text').fill(text)
}

test('a file is looked at, shown, and taken by one click', { skip, timeout: 120_000 }, async () => {
  const { page, faults } = await openPage(stage.browser, stage.hub.url)
  await page.goto(`${stage.hub.url}/registry`)
  await page.getByRole('link', { name: 'Import' }).click()
  await page.waitForURL('**/registry/import')
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByText('Choose a file').click(),
  ])
  await chooser.setFiles({ name: 'targets.csv', mimeType: '', buffer: Buffer.from(CSV) })
  await page.getByText('2 new').waitFor()
  await page.getByText('3 targets come, 0 go').waitFor()
  assert.deepEqual(await groups(), [])
  await keepScreenshot(page, 'registry-import')
  await page.getByRole('button', { name: 'Import 2 groups' }).click()
  await page.getByRole('link', { name: 'web' }).waitFor()
  assert.deepEqual(await groups(), ['db 1', 'web 2'])
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a dropped file, and every problem of a pasted one', { skip, timeout: 120_000 }, async () => {
  const { page, faults } = await openPage(stage.browser, stage.hub.url)
  await page.goto(`${stage.hub.url}/registry/import`)
  const files = await page.evaluateHandle(`(() => {
    const all = new DataTransfer()
    all.items.add(new File(['web:\\n- targets: ["h:1"]\\n'], 'targets.yaml'))
    return all
  })()`)
  await page.locator('.import-source').dispatchEvent('drop', { dataTransfer: files })
  await page.getByText('1 changed').waitFor()
  await page.getByText('targets.yaml').waitFor()
  await page.getByLabel('The file is the whole').check()
  await page.getByText('1 deleted').waitFor()
  await page.getByRole('button', { name: 'Import 1 group, delete 1 group' }).waitFor()
  await page.getByRole('button', { name: 'Take it away' }).click()
  await paste(page, 'group,target,db-name\nweb,h,x\na/b,http://h:1,x\n')
  await page.getByText('4 problems').waitFor()
  const rows = await page.locator('.rows-table tbody tr').allInnerTexts()
  assert.deepEqual(
    rows.map((row) => row.split(/\s+/).slice(0, 2).join(' ')),
    ['1 db-name', '2 target', '3 group', '3 target'],
  )
  assert.deepEqual(await groups(), ['db 1', 'web 2'])
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('who changed a group meanwhile is not run over', { skip, timeout: 120_000 }, async () => {
  const { page } = await openPage(stage.browser, stage.hub.url)
  await page.goto(`${stage.hub.url}/registry/import`)
  await paste(page, 'group,target\ndb,h:9\n')
  await page.getByRole('button', { name: 'Import 1 group' }).waitFor()
  const body = JSON.stringify([{ targets: ['h:2'] }])
  await fetch(`${stage.hub.url}/api/v1/sd/groups/db`, { method: 'PUT', body })
  await page.getByRole('button', { name: 'Import 1 group' }).click()
  await page.getByText('it was changed since you looked').waitFor()
  await closePage(page)
})

test('several groups are relabelled and deleted, and a change is undone', {
  skip,
  timeout: 120_000,
}, async () => {
  const { page, faults } = await openPage(stage.browser, stage.hub.url)
  await page.goto(`${stage.hub.url}/registry`)
  const choose = async (): Promise<void> => {
    for (const name of ['db', 'web']) {
      await page.getByRole('checkbox', { name: `Choose ${name}` }).check()
    }
  }
  await choose()
  await page.getByRole('button', { name: 'Change labels' }).click()
  await page.getByLabel('Set, a label on each line').fill('team=shop')
  await page.getByRole('button', { name: 'Show what that does' }).click()
  await page.getByText('2 changed').waitFor()
  await page.getByRole('button', { name: 'Change them' }).click()
  await page.getByRole('toolbar').waitFor({ state: 'detached' })
  await choose()
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('2 deleted').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('No groups yet').waitFor()
  assert.deepEqual(await groups(), [])

  await page.getByRole('tab', { name: 'Changes' }).click()
  await page.waitForURL('**/registry?section=changes')
  await keepScreenshot(page, 'registry-changes')
  await page
    .getByRole('button', { name: /^Undo change/ })
    .first()
    .click()
  await page.getByText('2 new').waitFor()
  await page.getByRole('button', { name: 'Undo it' }).click()
  await page.getByText('taken back').first().waitFor()
  assert.deepEqual(await groups(), ['db 1', 'web 2'])
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('an export is a download that an import takes', { skip, timeout: 120_000 }, async () => {
  const { page } = await openPage(stage.browser, stage.hub.url)
  await page.goto(`${stage.hub.url}/registry`)
  await page.getByRole('button', { name: 'Export all groups' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'groups.csv')
  const path = await download.path()
  await page.goto(`${stage.hub.url}/registry/import`)
  await page.locator('input[type=file]').setInputFiles(path)
  await page.getByText('2 unchanged').waitFor()
  await page.getByText('Everything in the file is there already').waitFor()
  await closePage(page)
})

for (const [name, path, isThere] of [
  ['an empty import', 'import', (page) => page.getByText('Choose a file').waitFor()],
  [
    'a plan',
    'import',
    async (page) => {
      await paste(page, CSV)
      await page.locator('.plan-counts').waitFor()
    },
  ],
  [
    'problems',
    'import',
    async (page) => {
      await paste(page, 'group,target\nweb,h\n')
      await page.getByText('One problem').waitFor()
    },
  ],
  [
    'labels of several',
    '',
    async (page) => {
      await page.getByRole('checkbox', { name: 'Choose web' }).check()
      await page.getByRole('button', { name: 'Change labels' }).click()
      await page.getByLabel('Set, a label on each line').fill('team=a')
      await page.getByRole('button', { name: 'Show what that does' }).click()
      await page.locator('.plan-counts').waitFor()
    },
  ],
  ['changes', '?section=changes', (page) => page.locator('.changes').waitFor()],
] as const satisfies readonly (readonly [string, string, (page: Page) => Promise<void>])[]) {
  test(`everybody can use ${name}`, { skip, timeout: 120_000 }, async () => {
    const address = path.startsWith('?') || path === '' ? `registry${path}` : `registry/${path}`
    await checkAccess(stage.browser, `${stage.hub.url}/${address}`, name, isThere)
  })
}
