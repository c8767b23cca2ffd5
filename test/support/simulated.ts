/** An HTTP server that keeps what a strict receiver of some protocol keeps. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface SimulatedRequest {
  readonly method: string
  readonly url: URL
  readonly headers: http.IncomingHttpHeaders
  /** Unpacked. */
  readonly body: Buffer
}

export interface SimulatedReply {
  readonly status: number
  readonly headers?: http.OutgoingHttpHeaders
  readonly body?: string | Buffer
}

export interface Simulated {
  readonly url: string
  close(): void
}

/** @param answer what it throws is answered with 400, as a strict receiver does */
export async function startSimulated(
  answer: (request: SimulatedRequest) => SimulatedReply,
): Promise<Simulated> {
  const server = http.createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const bytes = Buffer.concat(pieces)
    const { method = '', headers, url = '' } = request
    let reply: SimulatedReply
    try {
      reply = answer({
        method,
        headers,
        url: new URL(url, 'http://simulated'),
        body: headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes,
      })
    } catch (error) {
      reply = { status: 400, body: String(error) }
    }
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
