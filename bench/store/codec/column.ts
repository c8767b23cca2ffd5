/** Columns of 64 and 512 rows: encoding and decoding, a sample each, and their size. */
import { Cursor } from '../../../src/base/bytes.ts'
import { columnBytesMax, decodeColumn, encodeColumn } from '../../../src/store/codec/column.ts'
import { printLaps, race } from '../../race.ts'

const COLUMNS = 200
const TURNS = 60

let state = 1
/** 0 … 1, the same ones each time. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

const KINDS: readonly [name: string, value: (i: number, column: number) => number][] = [
  ['constant', (_, column) => column],
  ['counter', (i, column) => 1e6 * column + 1500 * i + Math.floor(100 * random())],
  ['seconds', (i, column) => Math.round(1e5 * column + 1450 * i + 100 * random()) / 100],
  ['bytes', () => 4096 * Math.floor(1e5 + 1000 * random())],
  ['any float', () => random()],
]

for (const rows of [64, 512]) {
  for (const [name, value] of KINDS) {
    const columns = Array.from({ length: COLUMNS }, (_, column) =>
      Float64Array.from({ length: rows }, (_, i) => value(i, column + 1)),
    )
    const into = new Cursor(new Uint8Array(COLUMNS * columnBytesMax(rows)))
    const encode = (): void => {
      into.at = 0
      for (const column of columns) encodeColumn(column, 0, rows, undefined, undefined, into)
    }
    encode()
    const sizeBytes = into.at
    const values = new Float64Array(rows)
    const presence = new Uint32Array(rows >>> 5)
    const laps = race(COLUMNS * rows, TURNS, {
      encode,
      decode() {
        const c = new Cursor(into.bytes, 0, sizeBytes)
        for (let i = 0; i < COLUMNS; i++) decodeColumn(c, rows, values, 0, presence, undefined)
      },
    })
    printLaps(
      `${name}, ${rows} rows, ${(sizeBytes / COLUMNS / rows).toFixed(3)} bytes a sample`,
      laps,
    )
  }
}
