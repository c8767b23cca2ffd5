/** Writes into an environment until the disk refuses, then says what is left. Run by a test. */
import { NarthexError } from '../../../src/base/error.ts'
import { openEnvironment } from '../../../src/store/lmdb/environment.ts'

const environment = openEnvironment({ path: process.argv[2], tables: ['a'] })
const keyOf = (i: number): Uint8Array => Uint8Array.of(i >> 8, i & 0xff)

let committed = 0
let kind = ''
for (; committed < 1000; committed++) {
  try {
    environment.write((table) => {
      table('a').put(keyOf(committed), new Uint8Array(20_000).fill(committed))
    })
  } catch (error) {
    kind = error instanceof NarthexError ? error.kind : String(error)
    break
  }
}
let readable = 0
for (let i = 0; i < committed; i++) {
  if (environment.table('a').get(keyOf(i))?.[0] === (i & 0xff)) readable++
}
let deleted = false
for (let i = 0; i < 3 && !deleted; i++) {
  try {
    environment.write((table) => {
      table('a').remove(keyOf(i))
    })
    deleted = !environment.table('a').has(keyOf(i))
  } catch (error) {
    kind = error instanceof NarthexError ? error.kind : String(error)
  }
}
await environment.close()
console.log(JSON.stringify({ kind, committed, readable, deleted }))
