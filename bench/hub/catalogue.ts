/** What the list of the catalogue costs who looks at it: whole, searched, sorted, and unchanged. */
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { startRole, type TestProcess, temporaryFolder } from '../../test/support/processes.ts'

const ROUNDS = 200
/** The bound of the design, in ms. */
const LIST_MS_MAX = 20

const QUESTIONS = [
  ['the list', 'entries'],
  ['by use', 'entries?sort=popular'],
  ['a search in names', 'entries?search=mysql'],
  ['a search in alerts and metrics', 'entries?search=replication+lag'],
  ['an entry', 'entries/mysqld'],
  ['where entries run', 'found'],
] as const

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const folder = temporaryFolder('bench-catalogue')
const hub = await startRole('hub', ['--log.level=warn', `--storage.path=${folder.path}`])
try {
  // Turn by turn, so that what else the machine does is no advantage of any.
  const taken = new Map<string, number[]>(QUESTIONS.map(([what]) => [what, []]))
  const hits: number[] = []
  const { etag } = await ask(hub, 'entries')
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, path] of QUESTIONS) taken.get(what)?.push((await ask(hub, path)).ms)
    const { ms, status } = await ask(hub, 'entries', { 'if-none-match': etag })
    if (status === 304) hits.push(ms)
  }
  for (const [what, times] of [...taken, ['the list, ETag hit', hits] as const]) say(what, times)
} finally {
  await hub.stop()
  agent.destroy()
  folder.remove()
}

/** One question from the first byte sent to the last one read. */
async function ask(
  { url }: TestProcess,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ ms: number; status: number; etag: string }> {
  const startMs = performance.now()
  const asked = get(`${url}/api/v1/hub/${path}`, { agent, headers })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  for await (const _ of response);
  const { statusCode = 0, headers: replied } = response
  return { ms: performance.now() - startMs, status: statusCode, etag: replied.etag ?? '' }
}

function say(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string => sorted[Math.floor((sorted.length - 1) * share)].toFixed(2)
  const verdict = Number(at(0.5)) <= LIST_MS_MAX ? '' : ` (more than ${LIST_MS_MAX} ms)`
  console.log(`${what}: median ${at(0.5)} ms, p99 ${at(0.99)} ms${verdict}`)
}
