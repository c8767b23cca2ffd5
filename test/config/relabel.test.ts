/** Relabelling: the corpus of the reference, each action's corners, and its laws on random sets. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../src/base/error.ts'
import {
  compileRelabel,
  type RelabelAction,
  type RelabelFields,
  relabel,
} from '../../src/config/relabel.ts'
import { labelsFrom, labelsToRecord } from '../../src/model/labels.ts'

interface CorpusRule {
  action?: RelabelAction
  source_labels?: string[]
  separator?: string
  target_label?: string
  regex?: string
  modulus?: number
  replacement?: string
}

interface CorpusCase {
  id: string
  input: Record<string, string>
  output?: Record<string, string>
  drop: boolean
  relabel_configs: CorpusRule[]
}

const CORPUS = new URL(
  '../../../shared/conformance/data/relabel/relabel-cases.json',
  import.meta.url,
)
const corpus: { cases: CorpusCase[] } = JSON.parse(readFileSync(CORPUS, 'utf8'))

function ruleOf(rule: CorpusRule): ReturnType<typeof compileRelabel> {
  const fields: Partial<RelabelFields> = {
    ...(rule.action !== undefined && { action: rule.action }),
    ...(rule.source_labels !== undefined && { sourceLabels: rule.source_labels }),
    ...(rule.separator !== undefined && { separator: rule.separator }),
    ...(rule.target_label !== undefined && { targetLabel: rule.target_label }),
    ...(rule.regex !== undefined && { regex: rule.regex }),
    ...(rule.modulus !== undefined && { modulus: BigInt(rule.modulus) }),
    ...(rule.replacement !== undefined && { replacement: rule.replacement }),
  }
  return compileRelabel(fields)
}

test('relabel answers every case of the corpus', () => {
  assert.ok(corpus.cases.length >= 30)
  for (const one of corpus.cases) {
    const answer = relabel(labelsFrom(Object.entries(one.input)), one.relabel_configs.map(ruleOf))
    const wanted = one.drop ? undefined : labelsFrom(Object.entries(one.output ?? one.input))
    assert.deepEqual(answer, wanted, one.id)
  }
})

const INPUT = { a: 'Foo', b: 'bar', z: 'straße' }

for (const [name, fields, wanted] of [
  [
    'hashmod takes the last half of the MD5 sum as 64 bits',
    { action: 'hashmod', sourceLabels: ['a', 'b'], targetLabel: 'h', modulus: 2n ** 64n - 1n },
    { ...INPUT, h: String(createHash('md5').update('Foo;bar').digest().readBigUInt64BE(8)) },
  ],
  [
    'uppercase keeps letters without a single upper case',
    { action: 'uppercase', sourceLabels: ['z'], targetLabel: 'z' },
    { ...INPUT, z: 'STRAßE' },
  ],
  [
    'replace without a match changes nothing',
    { sourceLabels: ['a'], regex: 'x(.*)', targetLabel: 'b' },
    INPUT,
  ],
  [
    'replace by nothing removes the label',
    { sourceLabels: ['a'], regex: 'Foo', replacement: '', targetLabel: 'b' },
    { a: 'Foo', z: 'straße' },
  ],
  [
    'replace makes a UTF-8 label name from the match',
    { sourceLabels: ['b'], targetLabel: 'db-$1', replacement: '가' },
    { ...INPUT, 'db-bar': '가' },
  ],
  [
    'replace under legacy names refuses a UTF-8 label name',
    { sourceLabels: ['b'], targetLabel: 'db-$1', replacement: 'x', nameValidation: 'legacy' },
    INPUT,
  ],
  [
    'keepequal keeps equal values',
    { action: 'keepequal', sourceLabels: ['b'], targetLabel: 'b' },
    INPUT,
  ],
  [
    'keepequal drops others',
    { action: 'keepequal', sourceLabels: ['a'], targetLabel: 'b' },
    undefined,
  ],
  [
    'dropequal drops equal values',
    { action: 'dropequal', sourceLabels: ['b'], targetLabel: 'b' },
    undefined,
  ],
  [
    'labelmap reads the names as they were before the rule',
    { action: 'labelmap', regex: '((.))', replacement: '$1-$2' },
    { ...INPUT, 'a-a': 'Foo', 'b-b': 'bar', 'z-z': 'straße' },
  ],
  [
    'labelmap makes no label without a name',
    { action: 'labelmap', regex: 'a', replacement: '' },
    INPUT,
  ],
] as const satisfies readonly (readonly [string, Partial<RelabelFields>, object | undefined])[]) {
  test(name, () => {
    const answer = relabel(labelsFrom(Object.entries(INPUT)), [compileRelabel(fields)])
    assert.deepEqual(answer && { ...labelsToRecord(answer) }, wanted)
  })
}

test('rules that change nothing hand back the very same labels', () => {
  const labels = labelsFrom(Object.entries(INPUT))
  const rules = [
    compileRelabel({ action: 'keep', sourceLabels: ['a'], regex: 'F.*' }),
    compileRelabel({ sourceLabels: ['a'], targetLabel: 'a' }),
    compileRelabel({ action: 'labeldrop', regex: 'nothing' }),
  ]
  assert.equal(relabel(labels, rules), labels)
})

test('compileRelabel refuses hashmod without a modulus and a regex that RE2 refuses', () => {
  for (const fields of [{ action: 'hashmod', targetLabel: 'x' }, { regex: '(?=x)' }] as const) {
    assert.throws(
      () => compileRelabel(fields),
      (e) => e instanceof NarthexError && e.kind === 'bad_data',
    )
  }
})

test('labelkeep and labeldrop with one expression part the labels exactly (seed 7)', () => {
  const name = fc.stringMatching(/^[a-c_]{1,3}$/)
  fc.assert(
    fc.property(fc.dictionary(name, fc.string({ minLength: 1 })), (record) => {
      const labels = labelsFrom(Object.entries(record))
      const regex = 'a.*|.*b'
      const kept = relabel(labels, [compileRelabel({ action: 'labelkeep', regex })]) ?? []
      const rest = relabel(labels, [compileRelabel({ action: 'labeldrop', regex })]) ?? []
      assert.deepEqual(
        labelsFrom([
          ...Object.entries(labelsToRecord(kept)),
          ...Object.entries(labelsToRecord(rest)),
        ]),
        labels,
      )
      assert.equal(kept.length + rest.length, labels.length)
    }),
    { seed: 7 },
  )
})
