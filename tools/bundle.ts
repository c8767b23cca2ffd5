/** Makes dist/: a JavaScript file per role, with what it loads on demand beside it, and the UI. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type OutputOptions, type RolldownBuild, rolldown } from 'rolldown'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')

/** Entry of each bundle; a role loads only its rooms because each is bundled alone. */
export const ENTRIES: Readonly<Record<string, string>> = {
  narthex: 'src/cli/narthex.ts',
  up: 'src/cli/up.ts',
  server: 'src/cli/server.ts',
  agent: 'src/cli/agent.ts',
  gateway: 'src/cli/gateway.ts',
  ingester: 'src/cli/ingester.ts',
  hub: 'src/cli/hub.ts',
  check: 'src/cli/check.ts',
  queryworker: 'src/roles/queryworker.ts',
  bcryptworker: 'src/net/server/bcryptworker.ts',
  editworker: 'src/hub/registry/editworker.ts',
}

/** How often another process may come in between when the pages are put in place. */
const REPLACE_TRIES_MAX = 10

/** How long the parts of earlier builds are kept. */
const CHUNK_MS_MAX = 30 * 24 * 3_600_000

/** Native addons and WebAssembly stay in node_modules; everything else goes into the file. */
const EXTERNAL = [/^node:/, 'lmdb', '@platformatic/wasm-utils']

async function main(): Promise<void> {
  const startedSeconds = Date.now() / 1000
  mkdirSync(dist, { recursive: true })
  const staging = join(dist, `.staging-${process.pid}`)
  try {
    process.stderr.write('bundling the program ...')
    await Promise.all(Object.entries(ENTRIES).map(([name, path]) => bundle(name, path, staging)))
    for (const file of readdirSync(staging)) {
      if (!file.endsWith('.js')) continue
      escapeNonAscii(join(staging, file))
      renameSync(join(staging, file), join(dist, file))
    }
    dropOldChunks()
    if (isUserInterfaceStale()) {
      process.stderr.write(' the pages ...')
      await bundleUserInterface(join(staging, 'ui'))
      replaceFolder(join(staging, 'ui'), join(dist, 'ui'), join(staging, 'old'))
    }
    writeFileSync(join(dist, 'build.json'), `${JSON.stringify(readRevision())}\n`)
    const stamp = join(dist, 'narthex.stamp')
    writeFileSync(stamp, '')
    utimesSync(stamp, startedSeconds, startedSeconds)
    process.stderr.write(` done in ${(Date.now() / 1000 - startedSeconds).toFixed(1)} s\n`)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

async function bundle(name: string, path: string, staging: string): Promise<void> {
  const build = await readModules(path)
  await build.write({ dir: staging, ...outputOf(name) })
  await build.close()
}

/** The modules of one bundle, read and linked. */
export function readModules(path: string): Promise<RolldownBuild> {
  return rolldown({
    input: join(root, path),
    platform: 'node',
    external: EXTERNAL,
    logLevel: 'warn',
  })
}

/** What files become of it. */
export function outputOf(name: string): OutputOptions {
  return {
    entryFileNames: `${name}.js`,
    // What a role imports only when it is configured, a destination's library for one. The digest
    // keeps a program that runs from loading what a later build put in its place.
    chunkFileNames: `${name}-[name]-[hash].js`,
    format: 'esm',
    minify: { compress: true, mangle: { keepNames: true } },
  }
}

/** One character beyond Latin-1 would make the runtime keep a whole file in twice the memory. */
function escapeNonAscii(path: string): void {
  const code = readFileSync(path, 'utf8')
  const escaped = code.replaceAll(/[^\0-\x7f]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  if (escaped !== code) writeFileSync(path, escaped)
}

/** Removes parts of builds so old that hardly a program that began with them still runs. */
function dropOldChunks(): void {
  const oldMs = Date.now() - CHUNK_MS_MAX
  for (const file of readdirSync(dist)) {
    const isChunk = file.endsWith('.js') && !(file.slice(0, -3) in ENTRIES)
    if (isChunk && statSync(join(dist, file)).mtimeMs < oldMs) rmSync(join(dist, file))
  }
}

async function bundleUserInterface(outDir: string): Promise<void> {
  const { build } = await import('vite')
  await build({
    configFile: join(root, 'ui/vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  })
}

/** Puts a folder in the place of another, also while a second process does the same. */
function replaceFolder(from: string, to: string, aside: string): void {
  for (let tries = 0; ; tries++) {
    if (existsSync(to)) {
      try {
        renameSync(to, `${aside}-${tries}`)
      } catch (error) {
        if (!existsSync(to)) continue // the other one was quicker
        throw error
      }
    }
    try {
      renameSync(from, to)
      return
    } catch (error) {
      if (tries === REPLACE_TRIES_MAX) throw error
    }
  }
}

/** Whether anything that the pages are made of is newer than them. */
function isUserInterfaceStale(): boolean {
  const page = join(dist, 'ui/index.html')
  if (!existsSync(page)) return true
  const builtMs = statSync(page).mtimeMs
  return ['ui', 'src/query/promql', 'src/model', 'package-lock.json'].some(
    (path) => newestMs(join(root, path)) > builtMs,
  )
}

function newestMs(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestMs(join(path, name))),
    stat.mtimeMs,
  )
}

/** Revision and branch of the checkout, for build information; empty outside of one. */
function readRevision(): { revision: string; branch: string; buildDate: string } {
  const git = (...args: string[]): string => {
    try {
      return execFileSync('git', args, {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    } catch {
      return '' // not a checkout: the published form has no revision to tell
    }
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.assign(
    { version },
    {
      revision: git('rev-parse', 'HEAD'),
      branch: git('rev-parse', '--abbrev-ref', 'HEAD'),
      buildDate: new Date().toISOString(),
    },
  )
}

if (import.meta.main) await main()
