/** Files that stay open, the cursor over them, and words without texts. */
import assert from 'node:assert/strict'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { KeptFile } from '../../../src/collect/host/kept.ts'
import { WordMap } from '../../../src/collect/host/words.ts'
import { temporaryFolder } from '../../support/processes.ts'

const folder = temporaryFolder('kept')
after(() => folder.remove())

function open(content: string): { file: KeptFile; path: string } {
  const at = path.join(folder.path, `f${Math.random()}`)
  writeFileSync(at, content)
  return { file: new KeptFile(at), path: at }
}

test('a kept file is read again from its beginning, and grows with its content', (t) => {
  const { file, path: at } = open('1 2\n')
  t.after(() => file.close())
  assert.ok(file.read())
  assert.deepEqual([file.number(), file.number(), file.number()], [1, 2, Number.NaN])
  appendFileSync(at, 'x'.repeat(10_000))
  assert.ok(file.read())
  assert.equal(file.end, 10_004)
  assert.equal(file.number(), 1)
})

test('a file that is not there is not read, and is when it comes back', (t) => {
  const { file, path: at } = open('1')
  t.after(() => file.close())
  rmSync(at)
  assert.equal(file.read(), false)
  assert.equal(file.atEnd, true)
  writeFileSync(at, '2')
  assert.ok(file.read())
  assert.equal(file.number(), 2)
})

test('the cursor tells words, numbers and lines apart', (t) => {
  const { file } = open('cpu0: -12 3.25\t0x \n\n  last 00a0 ff')
  t.after(() => file.close())
  file.read()
  const from = file.word()
  assert.equal(file.text(from, file.at), 'cpu0:')
  assert.deepEqual([file.number(), file.number()], [-12, 3.25])
  assert.equal(file.seek(64), false, 'a byte that is not on this line')
  assert.equal(file.atLineEnd, true)
  file.nextLine()
  assert.equal(file.atLineEnd, true)
  file.nextLine()
  file.word()
  assert.deepEqual([file.hex(), file.hex(), file.hex()], [160, 255, Number.NaN])
  file.nextLine()
  assert.equal(file.atEnd, true)
})

test('every decimal number is read as JavaScript reads it, to 15 digits (seed 3)', (t) => {
  const { file, path: at } = open('')
  t.after(() => file.close())
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(9_999_999), (whole, fraction) => {
      const text = `${Math.trunc(whole / 1e7)}.${fraction}`
      writeFileSync(at, `${whole} ${text}\n`)
      file.read()
      assert.equal(file.number(), whole)
      assert.ok(Math.abs(file.number() - Number(text)) <= Math.abs(Number(text)) * 1e-15)
    }),
    { seed: 3, numRuns: 200 },
  )
})

test('words in the same order are found without making a text, others all the same', (t) => {
  const { file, path: at } = open('')
  t.after(() => file.close())
  const made: string[] = []
  const words = new WordMap<string>()
  const pass = (text: string): string[] => {
    writeFileSync(at, text)
    file.read()
    words.rewind()
    const found: string[] = []
    for (;;) {
      const from = file.word()
      if (from === file.at) return found
      const make = (word: string): string => {
        made.push(word)
        return word.toUpperCase()
      }
      found.push(words.find(file, from, file.at, make))
    }
  }
  assert.deepEqual(pass('a bb ccc'), ['A', 'BB', 'CCC'])
  assert.deepEqual(pass('a bb ccc'), ['A', 'BB', 'CCC'])
  assert.deepEqual(pass('ccc new a bb'), ['CCC', 'NEW', 'A', 'BB'])
  assert.deepEqual(made, ['a', 'bb', 'ccc', 'new'], 'each word made once')
  words.prune((value) => value !== 'BB')
  assert.deepEqual(pass('a bb'), ['A', 'BB'])
  assert.deepEqual(made.slice(4), ['bb'])
})
