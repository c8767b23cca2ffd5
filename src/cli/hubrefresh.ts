/** `narthex hub refresh`: has a hub that runs ask its content sources, and says what became of it. */
import { readFileSync } from 'node:fs'
import { messageOf, NarthexError } from '../base/error.ts'
import type { SourceStatus } from '../model/sources.ts'
import { type CommandSpec, parseFlags } from './flags.ts'
import { FlagReader } from './sharedflags.ts'

/** Longest that the sources may take together, in ms. */
const REFRESH_MS_MAX = 3_600_000

export const HUB_REFRESH: CommandSpec = {
  name: 'narthex hub refresh',
  summary:
    'Has a hub that runs ask its content sources now, waits, and lists how each did. Ends with 1 ' +
    'when one of them fails.',
  flags: [
    { name: 'url', value: 'url', help: 'address of the hub', preset: 'http://127.0.0.1:9395' },
    {
      name: 'url.token-file',
      value: 'file',
      help: 'token of an admin for that address, where it asks who comes',
    },
    { name: 'source', value: 'name', help: 'only this one' },
  ],
}

/** @returns the exit code: 0 all did well, 1 one fails or the hub cannot be asked, 2 wrong usage */
export async function runRefresh(argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(HUB_REFRESH, argv)
  if (parsed.outcome === 'exit') return parsed.code
  try {
    const sources = await refresh(new FlagReader(parsed.values))
    for (const each of sources) console.log(lineOf(each))
    return sources.some(({ error }) => error !== '') ? 1 : 0
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    console.error(`${HUB_REFRESH.name}: ${messageOf(error)}`)
    return error.kind === 'bad_data' ? 2 : 1
  }
}

async function refresh(flags: FlagReader): Promise<readonly SourceStatus[]> {
  const token = readToken(flags.text('url.token-file'))
  const url = addressOf(flags.text('url'), flags.text('source'))
  let answer: { data?: readonly SourceStatus[]; error?: string }
  try {
    const reply = await fetch(url, {
      method: 'POST',
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(REFRESH_MS_MAX),
    })
    answer = (await reply.json()) as typeof answer
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new NarthexError('io', `cannot ask ${url.origin}: ${messageOf(cause)}`, error)
  }
  if (answer.data !== undefined) return answer.data
  throw new NarthexError('execution', `${answer.error} (${url.origin})`)
}

function addressOf(text: string, source: string): URL {
  const base = URL.canParse(text) ? new URL(text) : undefined
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username !== '') {
    throw new NarthexError('bad_data', 'cannot use --url: wanted http://host:port')
  }
  const url = new URL('/api/v1/hub/refresh', base)
  if (source !== '') url.searchParams.set('source', source)
  return url
}

function readToken(file: string): string {
  if (file === '') return ''
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read --url.token-file: ${messageOf(error)}`, error)
  }
}

function lineOf({ name, type, entries, commit, failingSinceMs, error }: SourceStatus): string {
  const facts = `${name}  ${type}  ${entries} entries  ${commit.slice(0, 12)}`.trimEnd()
  if (error === '') return facts
  return `${facts}  failing since ${new Date(failingSinceMs).toISOString()}: ${error}`
}
