/** Opens each environment named, reads and writes what it can. Run by a test that wants it to live. */
import { NarthexError } from '../../../src/base/error.ts'
import { openEnvironment } from '../../../src/store/lmdb/environment.ts'

let tried = 0
let opened = 0
for (const path of process.argv.slice(2)) {
  tried++
  try {
    const environment = openEnvironment({ path, tables: ['a', 'b', 'empty'] })
    opened++
    for (const name of ['a', 'b']) {
      for (const key of environment.table(name).keys(undefined, undefined)) {
        try {
          environment.table(name).get(key)
        } catch (error) {
          if (!(error instanceof NarthexError)) throw error
        }
      }
    }
    environment.write((table) => table('a').put(Uint8Array.of(9), new Uint8Array(20_000)))
    await environment.close()
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
  }
}
console.log(JSON.stringify({ tried, opened }))
