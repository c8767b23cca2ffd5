/** A gate in front of a server: lets requests through, or makes trouble for the next of them. */
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'

/** `busy` 503, `refused` 400, `cut` the connection ends, `hang` no answer ever. */
export type Trouble = 'busy' | 'refused' | 'cut' | 'hang'

export interface Gate {
  readonly url: string
  readonly port: number
  /** Requests so far. */
  readonly requests: number
  /** The next requests, or with a database the next connections and what runs, meet it. */
  trouble(kind: Trouble, count?: number): void
  close(): void
}

/** @param target where good requests go */
export async function startHttpGate(target: string): Promise<Gate> {
  let kind: Trouble = 'busy'
  let left = 0
  let requests = 0
  const server = http.createServer((request, response) => {
    requests++
    if (left > 0) {
      left--
      request.resume()
      if (kind === 'cut') request.socket.destroy()
      else if (kind !== 'hang') response.writeHead(kind === 'busy' ? 503 : 400).end('trouble')
      return
    }
    const { method, headers, url = '' } = request
    const onward = http.request(new URL(url, target), { method, headers, agent: false })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get requests() {
      return requests
    },
    trouble(next, count = 1) {
      kind = next
      left = count
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A gate of bytes; it knows `cut` and `hang`, which also meet connections that are open. */
export async function startSocketGate(targetPort: number): Promise<Gate> {
  const sockets = new Set<net.Socket>()
  let hanging = 0
  let cuts = 0
  let requests = 0
  const server = net.createServer((socket) => {
    requests++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    if (hanging > 0) {
      hanging--
      return
    }
    if (cuts > 0) {
      cuts--
      socket.destroy()
      return
    }
    const onward = net.connect(targetPort, '127.0.0.1')
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
    onward.on('close', () => socket.destroy())
    socket.pipe(onward)
    onward.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `127.0.0.1:${port}`,
    port,
    get requests() {
      return requests
    },
    trouble(kind, count = 1) {
      for (const socket of sockets) socket.destroy()
      if (kind === 'hang') hanging = count
      else cuts = count
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
