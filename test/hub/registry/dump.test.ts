/** Files that are written are read again as what they were written from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problems, readDocument } from '../../../src/hub/registry/document.ts'
import { writeDocuments } from '../../../src/hub/registry/dump.ts'
import { readGroups, readServices } from '../../../src/hub/registry/load.ts'
import { readService } from '../../../src/hub/registry/service.ts'
import type { StoredDocument, TargetEntry } from '../../../src/model/registry.ts'

const TYPES = ['application/json', 'application/yaml', 'text/csv'] as const

const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((text) => !/[\p{Cc}/\\]/u.test(text) && !['.', '..'].includes(text))
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 200)
const labelName = fc.oneof(
  fc.constantFrom('group', 'target', 'labels', 'env', '__proto__', 'constructor'),
  fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/),
)
const value = fc.oneof(
  fc.constantFrom(
    'yes',
    'null',
    '1e3',
    '~',
    '',
    ' x ',
    '"',
    'a,b',
    '=1+1',
    '#',
    '- a',
    '\r\n',
    'My서비스',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => text.isWellFormed()),
)
const labels = fc.dictionary(
  labelName.filter((each) => !/^__(name|address|scheme|scrape)/.test(each)),
  value,
  {
    maxKeys: 4,
  },
)
const target = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 65535 }))
  .map(([host, port]) => `h${host}:${port}`)
const entries = fc.array(fc.record({ targets: fc.array(target, { maxLength: 3 }), labels }), {
  maxLength: 4,
})

function stored(kind: 'group' | 'service', documents: Map<string, unknown>): StoredDocument[] {
  return [...documents].map(([each, body]) => ({
    ...{ kind, name: each, version: 1, targets: 0, changedMs: 0, changedBy: '', revision: 1 },
    body: JSON.stringify(body),
  }))
}

/** Targets as they are served, whatever entries they stand in; an empty label is none. */
function flat(list: readonly TargetEntry[]): string[] {
  return list
    .flatMap(({ targets, labels: all = {} }) => {
      const set = Object.entries(all).filter(([, text]) => text !== '')
      return targets.map((each) => JSON.stringify([each, set.sort()]))
    })
    .sort()
}

for (const type of TYPES) {
  test(`groups as ${type} come back with every target and label (seed 7)`, () => {
    const property = fc.property(fc.dictionary(name, entries, { maxKeys: 4 }), (groups) => {
      const documents = new Map(
        Object.entries(groups).map(([key, list]) => [
          key,
          readDocument(list, new Problems()).entries,
        ]),
      )
      const text = writeDocuments('group', stored('group', documents), type)
      const problems = new Problems()
      const read = readGroups(type, text, problems)
      assert.deepEqual(problems.list, [])
      for (const [key, list] of documents) {
        const back = (read.get(key)?.body ?? []) as readonly TargetEntry[]
        assert.deepEqual([...new Set(flat(back))], [...new Set(flat(list))])
      }
      if (type !== 'text/csv')
        assert.deepEqual([...read.keys()].sort(), [...documents.keys()].sort())
    })
    fc.assert(property, { seed: 7, numRuns: 300 })
  })
}

test('services come back as they were', () => {
  const service = {
    labels: { service_name: 'My서비스' },
    nodes: [
      {
        host: 'a',
        labels: {},
        exporters: [
          { job: 'node', port: 9100 },
          { job: 'x: y', port: 1 },
        ],
      },
      { host: 'b', labels: { db_name: '- x' }, exporters: [] },
    ],
  }
  const read = readService(service, new Problems())
  for (const type of ['application/json', 'application/yaml'] as const) {
    const text = writeDocuments('service', stored('service', new Map([['s', read]])), type)
    const problems = new Problems()
    const back = readServices(type, text, problems).get('s')?.body
    assert.deepEqual(problems.list, [])
    assert.equal(JSON.stringify(back), JSON.stringify(read))
  }
})

test('YAML is what people write', () => {
  const entry = { targets: ['h:1'], labels: { env: 'yes' } }
  assert.equal(
    writeDocuments('group', stored('group', new Map([['web', [entry]]])), 'application/yaml'),
    ['"web":', '  - targets:', '      - "h:1"', '    labels:', '      "env": "yes"', ''].join('\n'),
  )
})

test('no documents are an empty file', () => {
  assert.deepEqual(
    TYPES.map((type) => writeDocuments('group', [], type)),
    ['{}\n', '{}\n', 'group,target\n'],
  )
})
