/** The tee: what the store accepts leaves, once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NarthexError } from '../../src/base/error.ts'
import { type Appender, DUPLICATE, OUT_OF_ORDER, UNKNOWN } from '../../src/model/appender.ts'
import { formatLabels, type Labels } from '../../src/model/labels.ts'
import { teeAppender } from '../../src/send/tee.ts'
import { appendRow, idsOf, targetLabels } from './support.ts'

/** An appender that writes down what it accepts. */
class NoteAppender implements Appender {
  readonly cells: string[] = []
  readonly judge = new Map<string, number>()
  fault: Error | undefined
  readonly #labels = new Map<number, string>()
  readonly #ids = new Map<string, number>()
  #next: number

  constructor(first: number) {
    this.#next = first
  }

  series(labels: Labels): number {
    if (this.fault !== undefined) throw this.fault
    const key = formatLabels(labels)
    let id = this.#ids.get(key)
    if (id === undefined) {
      id = this.#next
      this.#next += 2 ** 32 + 1
      this.#ids.set(key, id)
      this.#labels.set(id, key)
    }
    return id
  }

  forget(labels: Labels): void {
    const key = formatLabels(labels)
    this.#labels.delete(this.#ids.get(key) ?? 0)
    this.#ids.delete(key)
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
      const key = this.#labels.get(ids[i])
      outcomes[i] = key === undefined ? UNKNOWN : (this.judge.get(key) ?? 0)
      if (outcomes[i] !== 0) continue
      accepted++
      const cell = `${key?.slice(0, 2)} ${timeMs} ${values[i]}`
      if (!this.cells.includes(cell)) this.cells.push(cell)
      else this.cells.push(`${cell} again`)
    }
    return accepted
  }

  async commit(): Promise<undefined> {
    this.cells.push('commit')
  }
}

function teeOf() {
  const store = new NoteAppender(1)
  const sender = new NoteAppender(9)
  const tee = teeAppender(store, sender)
  const labels = targetLabels('x:1', 4)
  return { store, sender, tee, labels, ids: idsOf(tee, labels) }
}

test('both get every cell, and both commit', async () => {
  const { store, sender, tee, ids } = teeOf()
  assert.deepEqual([...appendRow(tee, 5, ids, [1, 2, 3, 4])], [0, 0, 0, 0])
  await tee.commit()
  const wanted = ['m0 5 1', 'm1 5 2', 'm2 5 3', 'm3 5 4', 'commit']
  assert.deepEqual(store.cells, wanted)
  assert.deepEqual(sender.cells, wanted)
})

test('what the store refuses does not leave', () => {
  const { store, sender, tee, labels, ids } = teeOf()
  store.judge.set(formatLabels(labels[1]), OUT_OF_ORDER)
  store.judge.set(formatLabels(labels[3]), DUPLICATE)
  assert.deepEqual([...appendRow(tee, 5, ids, [1, 2, 3, 4])], [0, OUT_OF_ORDER, 0, DUPLICATE])
  assert.deepEqual(sender.cells, ['m0 5 1', 'm2 5 3'])
})

for (const who of ['store', 'sender'] as const) {
  test(`a series that the ${who} has forgotten is asked for again, and nothing leaves twice`, () => {
    const tested = teeOf()
    const { sender, tee, labels, ids } = tested
    tested[who].forget(labels[2])
    assert.deepEqual([...appendRow(tee, 5, ids, [1, 2, 3, 4])], [0, 0, UNKNOWN, 0])
    const again = idsOf(tee, labels)
    assert.deepEqual([...appendRow(tee, 5, again, [1, 2, 3, 4])], [0, 0, 0, 0])
    assert.deepEqual(sender.cells, ['m0 5 1', 'm1 5 2', 'm3 5 4', 'm2 5 3'])
    appendRow(tee, 6, again, [1, 2, 3, 4])
    assert.equal(sender.cells.length, 8)
  })
}

test('a bound of the sender keeps nothing out of the store', () => {
  const { store, sender, tee } = teeOf()
  sender.fault = new NarthexError('share', 'cannot add series: too many')
  const ids = idsOf(tee, targetLabels('y:1', 5))
  assert.deepEqual([...appendRow(tee, 5, ids, [1, 2, 3, 4, 5])], [0, 0, 0, 0, 0])
  assert.equal(store.cells.length, 5)
  assert.equal(sender.cells.length, 0)
})

test('any other fault of the sender is told', () => {
  const { sender, tee } = teeOf()
  sender.fault = new NarthexError('busy', 'stopping')
  assert.throws(() => idsOf(tee, targetLabels('y:1', 5)), /stopping/)
})
