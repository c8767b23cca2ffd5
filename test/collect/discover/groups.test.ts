/** Target groups: what is taken, and that one wrong thing refuses the whole list. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import { parseJsonGroups, parseYamlGroups } from '../../../src/collect/discover/groups.ts'
import { labelValue } from '../../../src/model/labels.ts'

const EXTRA = [['__meta_url', 'http://sd/']] as const

test('groups become one label set a target, in any UTF-8', () => {
  const text = JSON.stringify([
    {
      targets: ['a:1', 'b:2'],
      labels: { dbms: 'MySQL', service_name: 'My서비스', 'db-name': '프라이머리' },
    },
    { targets: [] },
    { targets: ['c:3'], labels: null },
    {},
  ])
  assert.deepEqual(parseJsonGroups(text, EXTRA), [
    [
      '__address__',
      'a:1',
      '__meta_url',
      'http://sd/',
      'db-name',
      '프라이머리',
      'dbms',
      'MySQL',
      'service_name',
      'My서비스',
    ],
    [
      '__address__',
      'b:2',
      '__meta_url',
      'http://sd/',
      'db-name',
      '프라이머리',
      'dbms',
      'MySQL',
      'service_name',
      'My서비스',
    ],
    ['__address__', 'c:3', '__meta_url', 'http://sd/'],
  ])
})

test('labels for the scrape itself pass through, the origin cannot be overridden', () => {
  const labels = { __metrics_path__: '/m', __scheme__: 'https', __param_x: 'y', __meta_url: 'evil' }
  const [target] = parseJsonGroups(JSON.stringify([{ targets: ['h:1'], labels }]), EXTRA)
  assert.equal(labelValue(target, '__metrics_path__'), '/m')
  assert.equal(labelValue(target, '__param_x'), 'y')
  assert.equal(labelValue(target, '__meta_url'), 'http://sd/')
})

test('a target that is no address passes: relabelling may still make one of it', () => {
  const text = JSON.stringify([{ targets: ['http://h:1/metrics', 'h:1', 'h'] }])
  assert.deepEqual(
    parseJsonGroups(text, []).map((labels) => labels[1]),
    ['http://h:1/metrics', 'h:1', 'h'],
  )
})

for (const [name, text] of [
  ['nothing', ''],
  ['null', 'null'],
  ['half a list', '[{"targets":["a"]}'],
  ['trailing garbage', '[] x'],
  ['an object', '{"targets":[]}'],
  ['a group that is null', '[null]'],
  ['a group that is a list', '[[]]'],
  ['an extra key', '[{"targets":[],"label":{}}]'],
  ['a number as a label value', '[{"targets":["a"],"labels":{"x":1}}]'],
  ['a number as a target', '[{"targets":[1]}]'],
  ['targets that are a text', '[{"targets":"a:1"}]'],
  ['labels that are a list', '[{"targets":[],"labels":[]}]'],
  ['a label without a name', '[{"targets":["a"],"labels":{"":"x"}}]'],
  ['a label that is not UTF-8', '[{"targets":["a"],"labels":{"x":"\\ud800"}}]'],
] as const) {
  test(`JSON groups refuse ${name}`, () => {
    assert.throws(
      () => parseJsonGroups(text, []),
      (e) => e instanceof NarthexError && e.kind === 'bad_data',
    )
  })
}

test('more targets than the bound are refused', () => {
  const text = JSON.stringify([{ targets: Array(100_001).fill('a') }])
  assert.throws(
    () => parseJsonGroups(text, []),
    (e) => e instanceof NarthexError && e.kind === 'limit',
  )
})

test('YAML groups read as JSON ones do, numbers as texts', () => {
  const text = '- targets: ["a:1"]\n  labels: {port: 9100, on: yes}\n'
  assert.deepEqual(parseYamlGroups(text, []), [['__address__', 'a:1', 'on', 'yes', 'port', '9100']])
  for (const bad of ['', 'targets: []', '- targets: [a\n', '- {target: [a]}', '-\n  - a']) {
    assert.throws(
      () => parseYamlGroups(bad, []),
      (e) => e instanceof NarthexError && e.kind === 'bad_data',
      bad,
    )
  }
})

test('C31: any JSON is either a list of targets or bad data, never another error (seed 11)', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      try {
        for (const labels of parseJsonGroups(text, [])) assert.equal(labels.length % 2, 0)
      } catch (error) {
        assert.ok(error instanceof NarthexError && error.kind === 'bad_data')
      }
    }),
    { seed: 11, numRuns: 500 },
  )
})
