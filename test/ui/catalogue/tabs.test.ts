/** Which tabs an entry has. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { EntryDetail } from '../../../src/model/catalogue.ts'
import { chosenTab, tabsOf } from '../../../ui/catalogue/tabs.ts'

const entry = (there: string, metrics = 1): EntryDetail => {
  const has = (kind: string): boolean => there.includes(kind)
  return {
    content: { E: has('E'), I: has('I'), A: has('A'), G: has('G') },
    files: { readme: 'r', helm: 'h', alerts: 'a', alertTests: '', dashboard: '{}', sample: '' },
    metrics: Array(metrics).fill({ name: 'm', type: 'gauge', help: '' }),
  } as unknown as EntryDetail
}

for (const [there, metrics, names] of [
  ['EIAG', 1, ['exporter', 'iac', 'rules', 'dashboard', 'metrics']],
  ['EA', 0, ['exporter', 'rules']],
  ['G', 1, ['dashboard', 'metrics']],
  ['', 0, []],
] as const) {
  test(`tabs of an entry with ${there || 'nothing'} and ${metrics} metrics`, () => {
    assert.deepEqual(
      tabsOf(entry(there, metrics)).map(([name]) => name),
      names,
    )
  })
}

for (const [search, there, name] of [
  ['', 'EA', 'exporter'],
  ['?tab=rules', 'EA', 'rules'],
  ['?tab=iac', 'EA', 'exporter'],
  ['?tab=constructor', 'G', 'dashboard'],
] as const) {
  test(`${JSON.stringify(search)} of an entry with ${there} shows ${name}`, () => {
    assert.equal(chosenTab(search, tabsOf(entry(there))), name)
  })
}

test('an entry with nothing shows no tab', () => assert.equal(chosenTab('', []), undefined))
