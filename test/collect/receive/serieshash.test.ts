/** Hashes of label bytes: equal for equal labels, different otherwise, different with another seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeriesHasher } from '../../../src/collect/receive/serieshash.ts'
import { ProtoWriter } from '../../../src/wire/protobuf.ts'
import { WriteReader } from '../../../src/wire/remotewrite.ts'
import { encodeWrite1, encodeWrite2 } from '../../support/writerequest.ts'

const COUNT = 20_000

function hashesOf(version: 1 | 2, hasher: SeriesHasher, prefix: string): string[] {
  const series = Array.from({ length: COUNT }, (_, i) => ({
    labels: ['__name__', prefix, 'a', String(i >> 7), 'b', String(i & 127)],
    times: Float64Array.of(i),
    values: Float64Array.of(i),
  }))
  const bytes = (version === 1 ? encodeWrite1 : encodeWrite2)(series, new ProtoWriter())
  const request = new WriteReader(version, bytes, bytes.length)
  hasher.begin(request)
  const hashes: string[] = []
  while (request.nextSeries()) {
    assert.equal(hasher.hashSeries(request), true)
    hashes.push(`${hasher.low},${hasher.high}`)
  }
  return hashes
}

for (const version of [1, 2] as const) {
  test(`${version}.0: like series have no common hash, the same ones the same`, () => {
    const hasher = new SeriesHasher(1, 2)
    const hashes = hashesOf(version, hasher, 'm')
    assert.equal(new Set(hashes).size, COUNT)
    assert.deepEqual(hashesOf(version, hasher, 'm'), hashes)
    assert.notDeepEqual(hashesOf(version, hasher, 'n'), hashes)
    assert.notEqual(hashesOf(version, new SeriesHasher(1, 3), 'm')[0], hashes[0])
  })

  test(`${version}.0: each word of the hash is spread over all its bits`, () => {
    const hashes = hashesOf(version, new SeriesHasher(5, 6), 'm')
    for (const word of [0, 1]) {
      for (let bit = 0; bit < 32; bit++) {
        let set = 0
        for (const hash of hashes) set += (Number(hash.split(',')[word]) >>> bit) & 1
        assert.ok(Math.abs(set / COUNT - 0.5) < 0.03, `word ${word} bit ${bit}: ${set}`)
      }
    }
  })
}

test('2.0: labels at symbols that are not there have no hash', () => {
  const writer = new ProtoWriter()
  writer.text(4, '')
  writer.message(5, () => writer.message(1, () => writer.varint(7)))
  const bytes = writer.written()
  const request = new WriteReader(2, bytes, bytes.length)
  const hasher = new SeriesHasher(1, 2)
  hasher.begin(request)
  request.nextSeries()
  assert.equal(hasher.hashSeries(request), false)
})
