/** Answers of HTTP/1.1 in pieces of any size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NarthexError } from '../../../src/base/error.ts'
import { BodyPool } from '../../../src/net/client/body.ts'
import { HEAD_BYTES_MAX, ResponseReader } from '../../../src/net/client/response.ts'

function read(...args: Parameters<typeof readWhole>): ResponseReader {
  return readWhole(...args).reader
}

/** Reads to the end, and says whether the answer was complete there. */
function readWhole(
  text: string,
  pieceBytes: number,
  close = false,
  bodyBytesMax = 1000,
): { reader: ResponseReader; isWhole: boolean } {
  const reader = new ResponseReader(new BodyPool())
  reader.start(bodyBytesMax)
  const bytes = Buffer.from(text, 'latin1')
  let isWhole = false
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes)
    isWhole = reader.feed(piece, piece.length)
  }
  if (close) isWhole = reader.close()
  return { reader, isWhole }
}

function bodyText(reader: ResponseReader): string {
  return Buffer.from(reader.body?.content() ?? []).toString('latin1')
}

const OK = 'HTTP/1.1 200 OK\r\n'

for (const [name, text, close, body, keepAlive] of [
  ['a length', `${OK}Content-Length: 5\r\n\r\nhello`, false, 'hello', true],
  ['no body at all', `${OK}content-length: 0\r\n\r\n`, false, '', true],
  [
    'chunks',
    `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n`,
    false,
    'hello',
    true,
  ],
  [
    'trailers',
    `${OK}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\na: b\r\n\r\n`,
    false,
    'hello',
    true,
  ],
  ['the end of the connection', `${OK}\r\nhello`, true, 'hello', false],
  [
    'an interim answer',
    `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`,
    false,
    'hello',
    true,
  ],
  [
    'connection: close',
    `${OK}Connection: close\r\nContent-Length: 5\r\n\r\nhello`,
    false,
    'hello',
    false,
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', false, 'hello', false],
  ['no reason', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello', false, 'hello', true],
  ['bytes behind the end', `${OK}Content-Length: 5\r\n\r\nhelloHTTP`, false, 'hello', false],
] as const) {
  test(`an answer with ${name} is read whole in pieces of any size`, () => {
    for (const pieceBytes of [1, 2, 3, 7, 1000]) {
      const { reader, isWhole } = readWhole(text, pieceBytes, close)
      assert.ok(isWhole)
      assert.equal(bodyText(reader), body)
      if (name !== 'bytes behind the end') assert.equal(reader.keepAlive, keepAlive)
      assert.equal(reader.body?.bytes[body.length], 10)
    }
  })
}

for (const [name, text] of [
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['a protocol switch', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['endless interim answers', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(20)],
  ['two lengths', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
  ['a negative length', `${OK}Content-Length: -1\r\n\r\n`],
  ['an unknown transfer encoding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ['a chunk size that is no number', `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ['a chunk longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n`],
  ['an endless chunk line', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(2000)}`],
  ['a header without a name', `${OK}: x\r\n\r\n`],
  ['endless headers', `${OK}a: ${'x'.repeat(HEAD_BYTES_MAX)}`],
] as const) {
  test(`refused as an answer: ${name}`, () => {
    for (const pieceBytes of [1, 100_000]) {
      assert.throws(
        () => read(text, pieceBytes),
        (error) => error instanceof NarthexError && /malformed HTTP response/.test(error.message),
      )
    }
  })
}

for (const [name, text] of [
  ['by its declared length', `${OK}Content-Length: 10000000000\r\n\r\n`],
  ['by its bytes', `${OK}\r\n${'x'.repeat(1000)}`],
  [
    'by its chunks',
    `${OK}Transfer-Encoding: chunked\r\n\r\n${'ff\r\n'}${'x'.repeat(255)}\r\n${'3e8\r\n'}${'x'.repeat(1000)}`,
  ],
] as const) {
  test(`a body over its bound is refused ${name}, and no such room is made`, () => {
    const reader = new ResponseReader(new BodyPool())
    reader.start(1000)
    const bytes = Buffer.from(text, 'latin1')
    assert.throws(() => reader.feed(bytes, bytes.length), { message: 'body size limit exceeded' })
    assert.ok((reader.body?.bytes.length ?? 0) <= 16 * 1024)
  })
}

/** Pieces of the protocol, so that noise gets far into the reader. */
const pieces = fc.constantFrom(
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  '\r\n',
  '\n',
  ': ',
  '3\r\n',
  'abc',
  '0\r\n\r\n',
  'ffffffff\r\n',
  '\0\xff',
)

test('C31: any sequence of pieces is read the same in any cuts, or refused', () => {
  const outcomeOf = (text: string, pieceBytes: number): string => {
    try {
      const { reader, isWhole } = readWhole(text, pieceBytes, true)
      return `${isWhole} ${bodyText(reader)}`
    } catch (error) {
      assert.ok(error instanceof NarthexError, String(error))
      return 'refused'
    }
  }
  const isSame = fc.property(fc.array(pieces, { maxLength: 12 }), (list) => {
    const text = list.join('')
    assert.equal(outcomeOf(text, 1), outcomeOf(text, 100_000))
  })
  fc.assert(isSame, { seed: 20_260_113, numRuns: 5000 })
})
