/** Targets that misbehave, each on a path of one loopback server. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGzip, gzipSync } from 'node:zlib'

const TEXT = 'text/plain; version=0.0.4; charset=utf-8'
const MIB = 1024 * 1024
/** What the heavy target sends before it falls silent. */
const HEAVY_BYTES = 60 * MIB

/** What the endless bodies have sent, and the way to end all of them. */
export interface BadTargets {
  readonly port: number
  /** Bytes written to the endless body so far. */
  sentBytes(): number
  close(): void
}

/** Lines of samples, as many bytes as wanted. */
function linesOf(sizeBytes: number): Buffer {
  const line = 'endless_bytes_total{part="a"} 1\n'
  return Buffer.from(line.repeat(Math.ceil(sizeBytes / line.length)))
}

/** Serves them; `bombBytes` is what the gzip bomb unpacks to, `endlessBytes` the length of the body without end. */
export async function serveBadTargets(
  bombBytes: number,
  endlessBytes: number,
): Promise<BadTargets> {
  const block = linesOf(MIB)
  const blocks = Array.from({ length: Math.ceil(bombBytes / block.length) }, () => block)
  const bomb = await buffer(Readable.from(blocks).pipe(createGzip()))
  let sentBytes = 0

  /** Sends a block whenever there is room for one. */
  const flood = (reply: ServerResponse): void => {
    reply.writeHead(200, { 'content-type': TEXT })
    let ofReply = 0
    const more = (): void => {
      while (ofReply < endlessBytes && !reply.destroyed) {
        ofReply += block.length
        sentBytes += block.length
        if (!reply.write(block)) return
      }
    }
    reply.on('drain', more)
    more()
  }

  const answers: Record<string, (reply: ServerResponse) => void> = {
    good: (reply) => text(reply, 'good_value 42\n'),
    broken: (reply) => text(reply, 'good_value 1\nbroken_value{a="b} 2\n'),
    garbage: (reply) => text(reply, Buffer.from([0xff, 0xfe, 0, 1, 2, 3, 10])),
    number: (reply) => text(reply, 'good_value 12x\n'),
    flood: flood,
    declared: (reply) => {
      reply.setHeader('content-length', String(endlessBytes))
      flood(reply)
    },
    heavy: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT })
      for (let sent = 0; sent < HEAVY_BYTES; sent += block.length) reply.write(block)
    },
    trickle: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT })
      const timer = setInterval(() => reply.write('trickle_value 1\n'), 50)
      reply.once('close', () => clearInterval(timer))
    },
    silent: () => undefined,
    notgzip: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT, 'content-encoding': 'gzip' })
      reply.end('good_value 42\n')
    },
    cutgzip: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT, 'content-encoding': 'gzip' })
      reply.end(gzipSync(block).subarray(0, 100))
    },
    bomb: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT, 'content-encoding': 'gzip' })
      reply.end(bomb)
    },
    br: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT, 'content-encoding': 'br' })
      reply.end(Buffer.from([1, 2, 3]))
    },
    html: (reply) => {
      reply.writeHead(200, { 'content-type': 'text/html' })
      reply.end('<html><body>Log in</body></html>')
    },
    untyped: (reply) => {
      reply.removeHeader('content-type')
      reply.end('good_value 42\n')
    },
    early: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT, 'content-length': '1000' })
      reply.write('good_value 1\n', () => reply.destroy())
    },
    earlychunk: (reply) => {
      reply.writeHead(200, { 'content-type': TEXT })
      reply.write('good_value 1\n', () => reply.destroy())
    },
    rude: (reply) => void reply.socket?.end('HELO this is no HTTP\r\n\r\n'),
    shut: (reply) => void reply.socket?.destroy(),
    error: (reply) => {
      reply.writeHead(500)
      reply.end('no')
    },
    header: (reply) => void reply.socket?.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(MIB)}\r\n\r\n`),
    odd: (reply) =>
      text(reply, 'odd_value{k="nan"} NaN\nodd_value{k="inf"} +Inf\nodd_value{k="minus"} -Inf\n'),
    twice: (reply) => text(reply, 'twice_value 1\ntwice_value 2\ntwice_value 1\nonce_value 3\n'),
    future: (reply) => text(reply, `future_value 1 ${Date.now() + 86_400_000}\nonce_value 3\n`),
    empty: (reply) => text(reply, ''),
  }

  const server = createServer((request, reply) => {
    reply.on('error', () => undefined) // the scraper hangs up, that is what is tested
    const answer = answers[request.url?.slice(1) ?? '']
    if (answer !== undefined) answer(reply)
    else {
      reply.writeHead(404)
      reply.end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    sentBytes: () => sentBytes,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function text(reply: ServerResponse, body: string | Buffer): void {
  reply.writeHead(200, { 'content-type': TEXT })
  reply.end(body)
}
