/** Which entries are found in the files of a source. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLayout } from '../../../src/hub/sources/layout.ts'

const RULES = '- alert: A\n  expr: up == 0\n'
const DASHBOARD = '{"panels": []}'

async function entriesOf(
  files: Readonly<Record<string, string>>,
): Promise<Record<string, readonly string[]>> {
  const { entries } = await layoutOf(files)
  return Object.fromEntries([...entries].map(([name, texts]) => [name, [...texts.keys()].sort()]))
}

function layoutOf(files: Readonly<Record<string, string>>): ReturnType<typeof readLayout> {
  const encode = (text: string): Uint8Array => Buffer.from(text, 'latin1')
  return readLayout(Object.entries(files).map(([path, text]) => ({ path, bytes: encode(text) })))
}

test('a folder with entry.yaml is an entry of ours, wherever it is', async () => {
  const files = {
    'catalog/a/entry.yaml': 'name: a',
    'catalog/a/alerts.yaml': RULES,
    'catalog/a/x.md': '',
  }
  assert.deepEqual(await entriesOf(files), { a: ['alerts.yaml', 'entry.yaml'] })
})

test('files that end in _helm, _alert and _dashboard are one entry, and the readme beside them', async () => {
  const files = {
    'MySQL/MySQL_helm.yaml': 'a: 1',
    'MySQL/MySQL_alert.yml': RULES,
    'MySQL/MySQL_dashboard.json': DASHBOARD,
    'MySQL/README.md': 'text',
    'README.md': 'of the repository',
  }
  assert.deepEqual(await entriesOf(files), {
    mysql: ['README.md', 'alerts.yaml', 'dashboard.json', 'helm.yaml'],
  })
})

test('rule files and dashboards are known by what is in them, and named by their files', async () => {
  const files = {
    'rules/mysqld-exporter.yml': `groups:\n  - name: g\n    rules: []\n`,
    'rules/redis_rules.yaml': RULES,
    'rules/values.yaml': 'image: x',
    'rules/kustomize.yaml': 'a: 1\n---\nb: 2',
    'boards/Redis Dashboard.json': DASHBOARD,
    'boards/package.json': '{"name": "x"}',
    'boards/broken.json': '{',
  }
  assert.deepEqual(await entriesOf(files), {
    mysqld: ['alerts.yaml'],
    redis: ['alerts.yaml', 'dashboard.json'],
  })
})

test('what cannot be used is told with its path, and the rest is taken', async () => {
  const { entries, faults } = await layoutOf({
    'a/x_alert.yaml': RULES,
    'b/x_alert.yaml': RULES,
    'c/---_helm.yaml': 'a: 1',
    'd/y_helm.yaml': '\xff',
    'e/z_helm.yaml': 'a\0',
    'f/big_helm.yaml': 'x'.repeat(262_145),
  })
  assert.deepEqual([...entries.keys()], ['x'])
  assert.deepEqual(faults, [
    'cannot use b/x_alert.yaml: x has a alerts.yaml already',
    'cannot use c/---_helm.yaml: no name of an entry can be made of it',
    'cannot use d/y_helm.yaml: bytes that are no text, wanted UTF-8',
    'cannot use e/z_helm.yaml: bytes that are no text, wanted UTF-8',
    'cannot use f/big_helm.yaml: 262145 bytes, at most 262144 are taken',
  ])
})
