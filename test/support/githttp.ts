/** Repositories over HTTP by git's own server, with a token that can be revoked. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

/** A server of repositories. */
export interface GitServer {
  readonly url: string
  /** What it wants from now on. */
  token: string
  stop(): void
}

/** Serves the repositories of a folder. */
export async function startGitServer(root: string, token: string): Promise<GitServer> {
  const server = createServer((request, response) => {
    const basic = Buffer.from(`x-access-token:${state.token}`).toString('base64')
    if (request.headers.authorization === `Basic ${basic}`) return serve(root, request, response)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('no')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const state = {
    token,
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return state
}

function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://h')
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => {}) // it has heard enough
  void text(child.stdout.setEncoding('latin1')).then((said) => {
    const end = said.indexOf('\r\n\r\n')
    const pairs = said
      .slice(0, end)
      .split('\r\n')
      .map((line) => line.split(': '))
    const status = pairs.find(([name]) => name === 'Status')?.[1] ?? '200'
    const headers = Object.fromEntries(pairs.filter(([name]) => name !== 'Status'))
    response.writeHead(Number.parseInt(status, 10), headers)
    response.end(Buffer.from(said.slice(end + 4), 'latin1'))
  })
}
