/** JSON lines of messages: ours, those of others, and what is none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../../src/base/error.ts'
import { OPEN_DOOR, openDoor } from '../../../../src/collect/receive/door.ts'
import { JsonIntake } from '../../../../src/collect/receive/kafka/jsonlines.ts'
import { LABEL_LIMITS } from '../../../../src/collect/receive/labelcheck.ts'
import { ACCEPTED, type Appender, UNKNOWN } from '../../../../src/model/appender.ts'
import { formatLabels, type Labels, labelsFrom } from '../../../../src/model/labels.ts'
import { isStaleAt } from '../../../../src/model/stale.ts'
import { JsonBody } from '../../../../src/send/kafka/encoding.ts'

const text = new TextEncoder()

/** Keeps `series time value` of every cell; `forget` makes all ids unknown once. */
class Memory implements Appender {
  readonly cells: string[] = []
  readonly names: string[] = []
  seriesCalls = 0
  #forgetBelow = 0

  series(labels: Labels): number {
    this.seriesCalls++
    this.names.push(formatLabels(labels))
    return this.names.length - 1
  }

  append(
    timeMs: number,
    ids: Float64Array,
    values: Float64Array,
    count: number,
    outcomes: Uint8Array,
  ): number {
    let accepted = 0
    for (let i = 0; i < count; i++) {
      outcomes[i] = ids[i] < this.#forgetBelow ? UNKNOWN : ACCEPTED
      if (outcomes[i] !== ACCEPTED) continue
      accepted++
      const value = Object.is(values[i], -0) ? '-0' : String(values[i])
      this.cells.push(`${this.names[ids[i]]} ${timeMs} ${isStaleAt(values, i) ? 'stale' : value}`)
    }
    return accepted
  }

  forget(): void {
    this.#forgetBelow = this.names.length
  }

  async commit(): Promise<undefined> {}
}

function open(door = OPEN_DOOR): { memory: Memory; intake: JsonIntake } {
  const memory = new Memory()
  return { memory, intake: new JsonIntake({ appender: memory, limits: LABEL_LIMITS, door }) }
}

test('what we write is read as it was, every value and any label', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  const name = word.filter((each) => each !== '__name__' && each.isWellFormed())
  const property = fc.property(
    fc.array(
      fc.tuple(
        name,
        word.filter((each) => each.isWellFormed()),
      ),
      { maxLength: 4 },
    ),
    fc.array(fc.tuple(fc.integer({ min: -1e15, max: 1e15 }), fc.double()), { minLength: 1 }),
    (pairs, samples) => {
      const labels = labelsFrom([['__name__', 'm'], ...new Map(pairs)])
      const body = new JsonBody({ labels: () => labels, targetKey: () => '' })
      const parcel = {
        lane: 0,
        count: samples.length,
        ids: new Float64Array(samples.length),
        values: Float64Array.from(samples, ([, value]) => value),
        timeMs: 0,
        times: Float64Array.from(samples, ([timeMs]) => timeMs),
        histograms: [],
        exemplars: [],
        takenMs: 0,
      }
      const target = { key: new Uint8Array(0), seriesCount: 1, name: '' }
      const runs = [{ parcel, from: 0, to: samples.length }]
      const bytes = body.encode({ target, runs, histograms: [], exemplars: [] })
      const { memory, intake } = open()
      assert.equal(intake.take(bytes).acceptedCount, samples.length)
      assert.equal(intake.take(bytes).acceptedCount, samples.length)
      assert.equal(memory.seriesCalls, 1, 'a series that was seen is known by its line')
      const expected = samples.map(([timeMs, value]) => {
        const shown = Object.is(value, -0) ? '-0' : String(value)
        return `${formatLabels(labels)} ${timeMs} ${shown}`
      })
      assert.deepEqual(memory.cells, [...expected, ...expected])
    },
  )
  fc.assert(property, { seed: 20_261_121, numRuns: 200 })
})

test('lines of others: any order, spaces, further keys, no newline at the end', () => {
  const { memory, intake } = open()
  const lines = [
    '{"timestamp": 1000, "value": 1, "name": "a", "labels": {"x": "1"}, "more": {"timestamp": 2}}',
    '',
    '{"labels":{"x":"1"},"name":"a","value":"StaleNaN","timestamp":2000}',
    '{"name":"a","labels":{"x":"1"},"timestamp":3e3,"value":-1.5E2}',
    '{"name":"a","labels":{"x":"},\\"timestamp\\":1,\\"value\\":2"},"timestamp":4000,"value":"Inf"}',
  ]
  intake.take(text.encode(lines.join('\n')))
  assert.deepEqual(memory.cells, [
    'a{x="1"} 1000 1',
    'a{x="1"} 2000 stale',
    'a{x="1"} 3000 -150',
    'a{x="},\\"timestamp\\":1,\\"value\\":2"} 4000 Infinity',
  ])
})

for (const [what, line] of [
  ['no JSON', '{"name":'],
  ['a list', '[1]'],
  ['no name', '{"labels":{},"timestamp":1,"value":1}'],
  ['no labels', '{"name":"a","timestamp":1,"value":1}'],
  ['labels that are no texts', '{"name":"a","labels":{"x":1},"timestamp":1,"value":1}'],
  ['a time that is a text', '{"name":"a","labels":{},"timestamp":"now","value":1}'],
  ['a value that is no number', '{"name":"a","labels":{},"timestamp":1,"value":"much"}'],
  ['a value that is null', '{"name":"a","labels":{},"timestamp":1,"value":null}'],
  ['a hexadecimal value', '{"name":"a","labels":{},"timestamp":1,"value":0x10}'],
] as const) {
  test(`a message is refused for ${what}; lines before it are taken`, () => {
    const { memory, intake } = open()
    const good =
      '{"name":"a","labels":{},"timestamp":1,"value":1}\n{"name":"a","labels":{},"timestamp":2,"value":1}\n'
    intake.take(text.encode(good))
    assert.throws(
      () => intake.take(text.encode(line)),
      (error) => error instanceof NarthexError && error.kind === 'bad_data',
    )
    assert.equal(memory.cells.length, 2)
    assert.equal(intake.take(text.encode(good)).acceptedCount, 2)
  })
}

test('bytes that are no UTF-8 are refused; half of a surrogate pair refuses its line only', () => {
  const { memory, intake } = open()
  assert.throws(() => intake.take(new Uint8Array([0x7b, 0xff])), /no UTF-8/)
  const { refusals } = intake.take(
    text.encode(
      '{"name":"a","labels":{"x":"\\ud800"},"timestamp":1,"value":1}\n{"name":"b","labels":{},"timestamp":1,"value":1}',
    ),
  )
  assert.deepEqual([...refusals.byReason()], [['invalid_utf8', 1]])
  assert.deepEqual(memory.cells, ['b 1 1'])
})

test('a line is refused for its labels or its time, and the others are taken', () => {
  const { memory, intake } = open()
  const { refusals, acceptedCount } = intake.take(
    text.encode(
      [
        '{"name":"","labels":{},"timestamp":1,"value":1}',
        '{"name":"a","labels":{"":"x"},"timestamp":1,"value":1}',
        '{"name":"a","labels":{"__name__":"b"},"timestamp":1,"value":1}',
        '{"name":"a","labels":{},"timestamp":1.5,"value":1}',
        '{"name":"a","labels":{},"timestamp":1e300,"value":1}',
        '{"name":"a","labels":{},"timestamp":7,"value":1}',
      ].join('\n'),
    ),
  )
  assert.deepEqual(Object.fromEntries(refusals.byReason()), {
    missing_name: 1,
    empty_label_name: 1,
    duplicate_label: 1,
    too_far_in_future: 2,
  })
  assert.equal(acceptedCount, 1)
  assert.deepEqual(memory.cells, ['a 7 1'])
})

test('series that were forgotten are asked for again, and no cell is lost', () => {
  const { memory, intake } = open()
  const line = (name: string, time: number): string =>
    `{"name":"${name}","labels":{},"timestamp":${time},"value":${time}}\n`
  const both = (time: number): Uint8Array => text.encode(line('a', time) + line('b', time))
  intake.take(both(1))
  memory.forget()
  assert.equal(intake.take(both(2)).acceptedCount, 2)
  assert.equal(intake.take(both(3)).acceptedCount, 2)
  assert.deepEqual(memory.cells, ['a 1 1', 'b 1 1', 'a 2 2', 'b 2 2', 'a 3 3', 'b 3 3'])
  assert.equal(memory.seriesCalls, 4)
})

test('the label of a tenant wins over what is sent', () => {
  const { memory, intake } = open(openDoor('blue', ['tenant', 'blue']))
  intake.take(text.encode('{"name":"a","labels":{"tenant":"red"},"timestamp":1,"value":1}'))
  assert.deepEqual(memory.cells, ['a{tenant="blue"} 1 1'])
})
