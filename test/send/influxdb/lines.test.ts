/** Line protocol: read back by the rules of the server, and the requests of version 2. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { labelsFrom } from '../../../src/model/labels.ts'
import { TextSamples } from '../../../src/send/http/textsamples.ts'
import { LINE_PROTOCOL } from '../../../src/send/influxdb/lines.ts'
import type { Parcel } from '../../../src/send/parcel.ts'
import { type SimulatedRequest, startSimulated } from '../../support/simulated.ts'
import { openListed } from '../opened.ts'

/** Splits at a character that no backslash stands before. */
function splitBare(text: string, separator: string): string[] {
  const parts: string[] = ['']
  for (let i = 0; i < text.length; i++) {
    if (text[i] === separator && text[i - 1] !== '\\') parts.push('')
    else parts[parts.length - 1] += text[i]
  }
  return parts
}

const bare = (text: string): string => text.replaceAll(/\\([,= ])/g, '$1')

test('any labels make one line that is read back as one series', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab\\, ="\n\r\t#{}', '\0', 'ü', '😀') })
  const pairs = fc.array(
    fc.tuple(
      text.filter((name) => name !== ''),
      text,
    ),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(
      text.filter((name) => name !== ''),
      pairs,
      (name, more) => {
        const labels = labelsFrom([...more, ['__name__', name]])
        const lines = new TextSamples({ labels: () => labels, targetKey: () => '' }, LINE_PROTOCOL)
        lines.begin()
        assert.equal(lines.sample(1, 1234, Float64Array.of(-0.5), 0), '')
        const line = Buffer.from(lines.end()).toString()
        assert.equal(line.indexOf('\n'), line.length - 1, 'one line')
        const [key, field, time, ...rest] = splitBare(line.trimEnd(), ' ')
        assert.deepEqual([field, time, rest], ['value=-0.5', '1234', []])
        const [measurement, ...tags] = splitBare(key, ',')
        assert.ok(measurement !== '' && !measurement.startsWith('#'))
        assert.equal(tags.length, labels.length / 2 - 1)
        for (const tag of tags) {
          const [tagName, value, ...others] = splitBare(tag, '=')
          assert.deepEqual(others, [])
          assert.ok(bare(tagName) !== '' && bare(value) !== '')
        }
      },
    ),
    { seed: 42, numRuns: 2000 },
  )
})

const PARCEL: Parcel = {
  lane: 0,
  count: 3,
  ids: Float64Array.of(0, 1, 2),
  values: Float64Array.of(1, 2, 3),
  timeMs: 1_700_000_000_123,
  times: undefined,
  histograms: [],
  exemplars: [],
  takenMs: 0,
}

const VIEW = {
  labels: (id: number) =>
    [
      labelsFrom([
        ['__name__', 'm'],
        ['time', 'x'],
        ['_field', 'y'],
      ]),
      labelsFrom([['job', 'nameless']]),
      labelsFrom([
        ['__name__', 'long'],
        ['l', 'x'.repeat(70_000)],
      ]),
    ][id],
  targetKey: () => '',
}

test('version 2 gets organisation, bucket and token, and what has no name is counted', async (t) => {
  const requests: SimulatedRequest[] = []
  const server = await startSimulated((request) => {
    requests.push(request)
    return { status: 204 }
  })
  t.after(() => server.close())
  const more = 'org: "my org", bucket: "b&c", token: abc, compression: none'
  const writer = openListed(`type: influxdb, url: "${server.url}/in/", ${more}`, VIEW)
  const result = await writer.write([PARCEL], new AbortController().signal)
  const refused = new Map([
    ['no_name', 1],
    ['too_long', 1],
  ])
  assert.deepEqual(result, { outcome: 'written', refused })
  const [{ url, headers, body }] = requests
  assert.equal(url.pathname, '/in/api/v2/write')
  assert.deepEqual(
    [...url.searchParams],
    [
      ['org', 'my org'],
      ['bucket', 'b&c'],
      ['precision', 'ms'],
    ],
  )
  assert.equal(headers.authorization, 'Token abc')
  assert.equal(body.toString(), 'm,label__field=y,label_time=x value=1 1700000000123\n')
  await writer.close()
})

for (const [body, wanted] of [
  ['{"error":"partial write: field type conflict dropped=1"}', 'written'],
  ['{"error":"partial write: points beyond retention policy dropped=9"}', 'refused'],
  ['{"error":"unable to parse"}', 'refused'],
] as const) {
  test(`400 with ${body} means ${wanted}`, async (t) => {
    const server = await startSimulated(() => ({ status: 400, body }))
    t.after(() => server.close())
    const view = { labels: (id: number) => ['__name__', `m${id}`], targetKey: () => '' }
    const writer = openListed(`type: influxdb, url: "${server.url}", database: d`, view)
    const result = await writer.write([PARCEL], new AbortController().signal)
    assert.equal(result.outcome, wanted)
    if (result.outcome === 'written') assert.deepEqual([...result.refused], [['partial_write', 1]])
    await writer.close()
  })
}
