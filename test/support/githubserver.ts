/** The part of GitHub's REST interface that content sources use, with what can go wrong there. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer in the place of the right one. */
export interface GitHubFault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface GitHubServer {
  readonly url: string
  /** Text by path; a value with a mode is a link or a repository inside of it. */
  files: Readonly<Record<string, string | { readonly mode: string; readonly text: string }>>
  /** '' lets everybody in. */
  token: string
  /** Entries of one answer; more are left out and said to be. */
  entriesMax: number
  /** Whether it knows the raw media type of files, which not every mirror does. */
  isRaw: boolean
  /** Answers what it is given; undefined leaves it to the server. */
  fault: ((path: string, request: IncomingMessage) => GitHubFault | 'never' | undefined) | undefined
  /** Paths that were asked for, each with its status. */
  readonly asked: string[]
  stop(): void
}

interface Entry {
  readonly path: string
  readonly mode: string
  readonly type: 'blob' | 'tree' | 'commit'
  readonly sha: string
  readonly size?: number
}

/** Serves one repository, `team/content`, at `/api/v3`. */
export async function startGitHub(): Promise<GitHubServer> {
  const server = createServer((request, response) => answer(state, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const state: GitHubServer = {
    ...{ url: `http://127.0.0.1:${port}/api/v3`, files: {}, token: '', entriesMax: 100_000 },
    ...{ isRaw: true, fault: undefined, asked: [] },
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return state
}

interface Answer {
  readonly status: number
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

function answer(state: GitHubServer, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').replace('/api/v3/repos/team/content/git', '')
  const fault = state.fault?.(path, request)
  if (fault === 'never') {
    state.asked.push(`never ${path}`)
    return
  }
  const { status, body = '{}', headers = {} } = fault ?? answerTo(path, request, state)
  state.asked.push(`${status} ${path}`)
  const type = { 'content-type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...type, 'x-ratelimit-remaining': '4999', ...headers }).end(body)
}

function refuse(status: number, message: string): Answer {
  return { status, body: JSON.stringify({ message, documentation_url: 'https://docs', status }) }
}

function answerTo(path: string, { headers }: IncomingMessage, state: GitHubServer): Answer {
  const { authorization } = headers
  if (authorization !== undefined && authorization !== `Bearer ${state.token}`) {
    return refuse(401, 'Bad credentials')
  }
  if (state.token !== '' && authorization === undefined) return refuse(404, 'Not Found')
  const entries = entriesOf(state)
  if (entries.length === 0) return refuse(409, 'Git Repository is empty.')
  const blob = /^\/blobs\/([0-9a-f]{40})$/.exec(path)?.[1]
  if (blob !== undefined) return answerBlob(blob, headers.accept ?? '', state)
  const tree = /^\/trees\/([\w%.-]+)(\?recursive=1)?$/.exec(path)
  if (tree === null) return refuse(404, 'Not Found')
  return answerTree(tree[1], tree[2] !== undefined, headers['if-none-match'] ?? '', state)
}

function answerBlob(sha: string, accept: string, state: GitHubServer): Answer {
  const bytes = bytesOf(state).find((each) => shaOf('blob', each) === sha)
  if (bytes === undefined) return refuse(404, 'Not Found')
  if (state.isRaw && accept === 'application/vnd.github.raw+json')
    return { status: 200, body: bytes }
  const content = { sha, content: bytes.toString('base64'), encoding: 'base64' }
  return { status: 200, body: JSON.stringify(content) }
}

function answerTree(ref: string, isRecursive: boolean, known: string, state: GitHubServer): Answer {
  const entries = entriesOf(state)
  const isRoot = ['HEAD', 'main', rootSha(entries)].includes(ref)
  const found = entries.find(({ type, sha }) => type === 'tree' && sha === ref)
  if (!isRoot && found === undefined) return refuse(404, 'Not Found')
  const prefix = isRoot ? '' : `${found?.path}/`
  const tree = entries
    .filter(({ path }) => path.startsWith(prefix))
    .map((each) => ({ ...each, path: each.path.slice(prefix.length) }))
    .filter(({ path }) => isRecursive || !path.includes('/'))
  const sha = isRoot ? rootSha(entries) : ref
  const etag = `W/"${shaOf('tag', Buffer.from(sha))}"`
  if (known === etag) return { status: 304, body: '', headers: { etag } }
  const truncated = tree.length > state.entriesMax
  const body = { sha, url: state.url, tree: tree.slice(0, state.entriesMax), truncated }
  return { status: 200, body: JSON.stringify(body), headers: { etag } }
}

/** Every folder and file, as GitHub lists them. */
function entriesOf({ files }: GitHubServer): readonly Entry[] {
  const entries = new Map<string, Entry>()
  for (const [path, file] of Object.entries(files)) {
    const { mode, text } = typeof file === 'string' ? { mode: '100644', text: file } : file
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/')
      const all = JSON.stringify(Object.entries(files).filter(([p]) => p.startsWith(`${folder}/`)))
      const sha = shaOf('tree', Buffer.from(folder + all))
      entries.set(folder, { path: folder, mode: '040000', type: 'tree', sha })
    }
    const bytes = Buffer.from(text)
    const sha = shaOf('blob', bytes)
    if (mode === '160000') entries.set(path, { path, mode, type: 'commit', sha })
    else entries.set(path, { path, mode, type: 'blob', sha, size: bytes.length })
  }
  return [...entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function bytesOf({ files }: GitHubServer): readonly Buffer[] {
  return Object.values(files).map((file) =>
    Buffer.from(typeof file === 'string' ? file : file.text),
  )
}

function rootSha(entries: readonly Entry[]): string {
  return shaOf('tree', Buffer.from(JSON.stringify(entries)))
}

function shaOf(kind: string, bytes: Uint8Array): string {
  return createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex')
}
