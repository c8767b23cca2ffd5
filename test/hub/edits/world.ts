/** Edits over a real repository, beside an entry that comes with the program. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach } from 'node:test'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { fillShelf, type LaidFiles, layFiles, NOTHING } from '../../../src/hub/catalogue/shelf.ts'
import { Edits } from '../../../src/hub/edits/edits.ts'
import type { Remote } from '../../../src/hub/edits/git.ts'
import { Repository } from '../../../src/hub/edits/repository.ts'
import type { EditOutcome, EditPlace, FileVersion } from '../../../src/model/edits.ts'
import { temporaryFolder } from '../../support/processes.ts'

export const RULES = '- alert: Down\n  expr: own_up == 0\n'
export const EDITED = '- alert: Down\n  expr: own_up < 1\n'

/** What comes with the program. */
const OWN = new Map([
  ['entry.yaml' as const, 'name: own\n'],
  ['alerts.yaml' as const, RULES],
])

export interface World {
  readonly path: string
  readonly repository: string
  readonly edits: Edits
  /** How often what is in the repository was shown. */
  readonly shown: number
  /** Another program on the same repository. */
  another(): Edits
  /** What git says of the repository. */
  git(...args: readonly string[]): string
}

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

export interface WorldOptions {
  readonly remote?: Remote
  readonly reason?: string
}

export function makeWorld({ remote, reason = '' }: WorldOptions = {}): World {
  const folder = temporaryFolder('edits')
  ends.push(folder.remove)
  const repository = join(folder.path, 'catalogue.git')
  let shown = 0
  const open = (): Edits => {
    const place = remote === undefined ? undefined : async () => remote
    const stored = new Repository({ folder: repository, branch: 'main', remote: place })
    let files: ReadonlyMap<string, LaidFiles> = new Map([['own', layFiles(OWN, NOTHING)]])
    const edits: Edits = new Edits({
      repository: () => stored,
      state: async () => ({ reason, origin: repository }),
      files: (entry) => files.get(entry),
      program: 'narthex 1',
      show: async () => {
        shown++
        files = laidWith(await edits.bring(''))
      },
      log: silentLog,
      metrics: new Metrics(),
    })
    return edits
  }
  return {
    path: folder.path,
    repository,
    edits: open(),
    get shown() {
      return shown
    },
    another: open,
    git: (...args) =>
      execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: 'pipe' }),
  }
}

type Brought = Awaited<ReturnType<Edits['bring']>>

function laidWith(brought: Brought): ReadonlyMap<string, LaidFiles> {
  const entries = new Map<string, Map<'alerts.yaml', string>>()
  for (const { path, bytes } of brought?.files ?? []) {
    const [entry, file] = path.split('/')
    const texts = entries.get(entry) ?? new Map()
    entries.set(entry, texts.set(file, Buffer.from(bytes).toString()))
  }
  const shelf = fillShelf([['edits', entries]])
  const names = new Set(['own', ...entries.keys()])
  return new Map(
    [...names].map((name) => [
      name,
      layFiles(name === 'own' ? OWN : new Map(), shelf.get(name) ?? NOTHING),
    ]),
  )
}

export async function placeOf(edits: Edits, file = 'alerts.yaml'): Promise<EditPlace> {
  const { tag } = await edits.file('own', file)
  return { entry: 'own', file, seenTag: tag }
}

export const ANN = { author: 'Ann', summary: 'one' }
export const BEN = { author: 'Ben', summary: 'two' }

export function savedOf(outcome: EditOutcome): FileVersion & { readonly tag: string } {
  if ('saved' in outcome) return outcome.saved
  throw new Error(`not saved: ${JSON.stringify(outcome)}`)
}
