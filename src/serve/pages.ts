/** The files of the pages: read once into memory, found by name only, small on the wire. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { messageOf, NarthexError } from '../base/error.ts'
import {
  compressWell,
  type Encoding,
  isWorthCompressing,
  pickEncoding,
} from '../net/server/compress.ts'
import { isSameTag } from '../net/server/etag.ts'
import type { Ask, Reply, Route } from '../net/server/message.ts'

/** Bounds on the folder, against the wrong one being named. */
const FILES_MAX = 1000
const FILES_BYTES_MAX = 64 * 1024 * 1024

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

/** The pages that a role has, in the order of the menu. */
export const PAGES_OF_ROLE = {
  up: [
    'explore',
    'targets',
    'sending',
    'catalogue',
    'installs',
    'sources',
    'registry',
    'accounts',
    'status',
    'login',
  ],
  server: ['explore', 'sending', 'status'],
  /** A server whose questions another engine answers. */
  frontend: ['explore', 'targets', 'status'],
  agent: ['targets', 'sending', 'status'],
  gateway: ['senders', 'sending', 'status'],
  ingester: ['partitions', 'sending', 'status'],
  hub: ['catalogue', 'sources', 'registry', 'accounts', 'status', 'login'],
} as const

export type PageRole = keyof typeof PAGES_OF_ROLE

type Page = (typeof PAGES_OF_ROLE)[PageRole][number]

/** Addresses of each page, those that links made for Prometheus use among them. */
const PATHS: Readonly<Record<Page, readonly string[]>> = {
  explore: ['/query', '/graph'],
  targets: ['/targets', '/service-discovery'],
  sending: ['/sending'],
  senders: ['/senders'],
  partitions: ['/partitions'],
  catalogue: ['/catalogue', '/catalogue/:name', '/catalogue/:name/install'],
  installs: ['/installs', '/installs/:name'],
  sources: ['/sources', '/sources/:name'],
  registry: ['/registry', '/registry/import', '/registry/groups/:name', '/registry/services/:name'],
  accounts: ['/accounts'],
  status: ['/status', '/tsdb-status', '/flags', '/config'],
  login: ['/login'],
}

/** Where the start page learns which pages there are. */
const PAGES_PLACE = 'content="narthex-pages"'

/** How the build writes that a file lies beside the start page. */
const BESIDE = '="./'

/** Names in this folder carry a digest of their content, so they never change. */
const HASHED_FOLDER = '/assets/'
/** What metrics call all of them: their names change with each build. */
const HASHED_FAMILY = '/assets/*filepath'

/** One file in memory. */
interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array
  readonly etag: string
  readonly caching: string
  /** Made at the first request that takes the encoding, then kept. */
  readonly encoded: Map<Encoding, Promise<Uint8Array>>
}

/**
 * One route for each built file, and one with the start page for each address of a page. Where a page
 * lets people log in, strangers may have all of them: they are a part of the program and say nothing.
 *
 * @param folder where the build put index.html and its assets
 * @throws NarthexError `io` when the folder has no index.html or cannot be read
 */
export function openPages(folder: string, role: PageRole): Route[] {
  const files = readFiles(folder)
  const built = files.get('/index.html')
  if (built === undefined) {
    throw new NarthexError('io', `cannot read pages: ${folder} has no index.html, wanted a build`)
  }
  files.set('/index.html', startPageOf(built, role, '/'))
  const names: readonly Page[] = PAGES_OF_ROLE[role]
  const needed = names.includes('login') ? 'none' : 'viewer'
  const routes = [...files].map(([path, file]) => routeOf(path, file, needed))
  const paths = ['/', ...PAGES_OF_ROLE[role].flatMap((page) => PATHS[page])]
  const pages = paths
    .filter((path) => !files.has(path))
    .map((path) => routeOf(path, startPageOf(built, role, path), needed))
  return [...routes, ...pages]
}

/** The start page, told which pages the role has. @param path of the address that it is sent for */
function startPageOf(built: PageFile, role: PageRole, path: string): PageFile {
  const pages = PAGES_OF_ROLE[role].join(' ')
  const up = '../'.repeat(path.split('/').length - 2)
  const text = Buffer.from(built.bytes)
    .toString('utf8')
    .replace(PAGES_PLACE, `content="${pages}"`)
    .replaceAll(BESIDE, up === '' ? BESIDE : `="${up}`)
  return fileOf('/index.html', Buffer.from(text))
}

function routeOf(path: string, file: PageFile, role: Route['role']): Route {
  return {
    methods: ['GET'],
    path,
    role,
    changes: false,
    body: 'none',
    ...(path.startsWith(HASHED_FOLDER) ? { family: HASHED_FAMILY } : {}),
    handle: (ask) => answerFile(file, ask),
  }
}

async function answerFile(file: PageFile, ask: Pick<Ask, 'header'>): Promise<Reply> {
  const headers = { etag: file.etag, 'cache-control': file.caching, vary: 'accept-encoding' }
  if (isSameTag(ask.header('if-none-match'), file.etag)) {
    return { status: 304, type: '', body: '', headers }
  }
  const isWorthIt = isWorthCompressing(file.type, file.bytes.length)
  const encoding = isWorthIt
    ? pickEncoding(ask.header('accept-encoding'), ['br', 'zstd', 'gzip'])
    : 'identity'
  if (encoding === 'identity') return { status: 200, type: file.type, body: file.bytes, headers }
  let encoded = file.encoded.get(encoding)
  if (encoded === undefined) {
    encoded = compressWell(file.bytes, encoding)
    file.encoded.set(encoding, encoded)
  }
  const body = await encoded
  return {
    status: 200,
    type: file.type,
    body,
    headers: { ...headers, 'content-encoding': encoding },
  }
}

function readFiles(folder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>()
  let sizeBytes = 0
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const place = join(entry.parentPath, entry.name)
      const bytes = readFileSync(place)
      sizeBytes += bytes.length
      if (files.size >= FILES_MAX || sizeBytes > FILES_BYTES_MAX) {
        throw new NarthexError('io', `more than ${FILES_MAX} files or ${FILES_BYTES_MAX} bytes`)
      }
      const path = place.slice(folder.length).replaceAll('\\', '/').replace(/^\/*/, '/')
      files.set(path, fileOf(path, bytes))
    }
  } catch (error) {
    throw new NarthexError('io', `cannot read pages of ${folder}: ${messageOf(error)}`, error)
  }
  return files
}

function fileOf(path: string, bytes: Uint8Array): PageFile {
  const isHashed = path.startsWith(HASHED_FOLDER)
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    bytes,
    etag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    caching: isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    encoded: new Map(),
  }
}
