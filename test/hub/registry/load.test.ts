/** Files of groups. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCsv } from '../../../src/hub/registry/csv.ts'
import { Problems } from '../../../src/hub/registry/document.ts'
import { readGroups } from '../../../src/hub/registry/load.ts'

function read(type: string, text: string) {
  const problems = new Problems()
  const groups = readGroups(type, text, problems)
  const plain = [...groups].map(([name, { body }]) => [name, body])
  return {
    problems: problems.list.map(({ index, field }) => [index, field]),
    groups: JSON.parse(JSON.stringify(plain)),
  }
}

test('CSV: a row for each target, a column for each label, empty cells are no labels', () => {
  const text = [
    '\uFEFFgroup,target,dbms,"service_name"',
    'db,10.0.0.1:9100,MySQL,"My서비스, ""A"""',
    '',
    'db,10.0.0.2:9100,MySQL,"My서비스, ""A"""',
    'web,h:80,,',
    'web,h:81',
  ].join('\r\n')
  assert.deepEqual(read('text/csv', text), {
    problems: [],
    groups: [
      [
        'db',
        [
          {
            targets: ['10.0.0.1:9100', '10.0.0.2:9100'],
            labels: { dbms: 'MySQL', service_name: 'My서비스, "A"' },
          },
        ],
      ],
      ['web', [{ targets: ['h:80', 'h:81'], labels: {} }]],
    ],
  })
})

test('CSV: problems by row, as a spreadsheet counts them, and nothing is taken', () => {
  const text = 'group,target,a\ng,http://h:1,x\n,h:2,y\ng,h:3,z,too much\n"g\nh",h:4,x\n'
  assert.deepEqual(read('text/csv', text), {
    problems: [
      [2, 'target'],
      [3, 'group'],
      [4, ''],
      [5, 'group'],
    ],
    groups: [],
  })
  assert.deepEqual(read('text/csv', 'group,target,a-b,x,x\n').problems, [
    [1, 'a-b'],
    [1, 'x'],
  ])
  assert.deepEqual(read('text/csv', 'target,env\nh:1,x\n').problems, [[1, 'target,env']])
  assert.deepEqual(read('text/csv', '').problems.length, 1)
})

test('CSV: a quote that does not end, and text behind one, are refused with their line', () => {
  for (const text of ['group,target\n"g,h:1\n', 'group,target\n"g"x,h:1\n']) {
    assert.throws(() => read('text/csv', text), { kind: 'bad_data', message: /line 2/ })
  }
})

test('CSV: any cells come back as they were written (seed 20261121)', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', '한', '\r') })
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 })
  fc.assert(
    fc.property(rows, (table) => {
      const text = table
        .map((cells) => `${cells.map((each) => `"${each.replaceAll('"', '""')}"`).join(',')}\r\n`)
        .join('')
      assert.deepEqual(
        parseCsv(text).map(({ cells }) => cells),
        table,
      )
    }),
    { seed: 20_261_121, numRuns: 200 },
  )
})

test('YAML and JSON: documents by name; what looks like a number is a text in YAML', () => {
  const yaml = 'db:\n  - targets: [h:1]\n    labels: {zone: 1, ok: yes}\nweb: []\n'
  assert.deepEqual(read('application/yaml', yaml).groups, [
    ['db', [{ targets: ['h:1'], labels: { zone: '1', ok: 'yes' } }]],
    ['web', []],
  ])
  const json = '{"db":[{"targets":["h:1"],"labels":{"zone":1}}],"a/b":[],"x":null}'
  assert.deepEqual(read('application/json', json).problems, [
    [0, 'db.labels.zone'],
    [-1, 'a/b'],
    [-1, 'x'],
  ])
  assert.deepEqual(read('application/yaml', 'a: []\na: []\n').problems, [[-1, 'a']])
  for (const text of ['', '- a', 'x']) {
    assert.equal(read('application/yaml', text).problems.length, 1, text)
  }
})

test('C39: aliases without end are refused, as is text of another type', () => {
  const bomb = ['a: &a [x, x]', ...Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a, *a]`)]
  const laughs = `a0: &a0 [x]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}`
  assert.throws(() => read('application/yaml', laughs), { kind: 'bad_data' })
  assert.equal(read('application/yaml', bomb.join('\n')).groups.length > 0, true)
  assert.throws(() => read('application/json', '{'), { kind: 'bad_data', message: /JSON/ })
  assert.throws(() => read('text/html', '<p>'), { kind: 'bad_data', message: /text\/html/ })
})

test('CSV: a column that cannot be a label is told once, not with each row', () => {
  const text = 'group,target,db-name\nweb,h:1,a\nweb,h:2,b\nweb,h,c\n'
  assert.deepEqual(read('text/csv', text).problems, [
    [1, 'db-name'],
    [4, 'target'],
  ])
})

test('CSV: a label may have the name of a column', () => {
  const text = 'group,target,labels.group,labels.target,labels.env\nweb,h:1,a,b,c\n'
  assert.deepEqual(read('text/csv', text), {
    problems: [],
    groups: [['web', [{ targets: ['h:1'], labels: { group: 'a', target: 'b', env: 'c' } }]]],
  })
})

test('CSV: a row has as many labels as an entry may have, however many columns there are', () => {
  const names = Array.from({ length: 65 }, (_, i) => `l${i}`)
  const head = ['group', 'target', ...names].join(',')
  const full = ['web', 'h:1', ...names].join(',')
  const fewer = ['web', 'h:2', '', ...names.slice(1)].join(',')
  assert.deepEqual(read('text/csv', [head, full, fewer].join('\n')).problems, [[2, '']])
})
