/** The narthex writer before a real `narthex up`, with a bearer token. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startHttpGate } from '../../support/httpgate.ts'
import { freePort, ROOT, startProcess, temporaryFolder, until } from '../../support/processes.ts'
import { openListed } from '../opened.ts'
import { type SuiteEnd, seriesKey, writerSuite } from '../writer.suite.ts'

const TOKEN = 'open-sesame'

interface Matrix {
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>
      readonly values: readonly (readonly [number, string])[]
    }[]
  }
}

async function start(): Promise<SuiteEnd> {
  const folder = temporaryFolder('narthex-writer')
  const web = join(folder.path, 'web.yml')
  const sha256 = createHash('sha256').update(TOKEN).digest('hex')
  writeFileSync(web, `narthex: {tokens: [{name: agent, role: editor, sha256: ${sha256}}]}\n`)
  const config = join(folder.path, 'prometheus.yml')
  writeFileSync(config, 'global: {scrape_interval: 1h}\n')
  const port = await freePort()
  const narthex = startProcess(join(ROOT, 'bin/narthex'), [
    ...['up', `--web.listen-address=127.0.0.1:${port}`, `--web.config.file=${web}`],
    ...[`--storage.path=${join(folder.path, 'data')}`, `--config.file=${config}`],
  ])
  await until('narthex', () => narthex.output().includes('narthex is ready'))
  const url = `http://127.0.0.1:${port}`
  const gate = await startHttpGate(url)
  return {
    open: (view) =>
      openListed(
        `type: narthex, url: "${gate.url}/", authorization: {credentials: ${TOKEN}}, queue_config: {max_samples_per_send: 1000}`,
        view,
      ),
    trouble: gate.trouble,
    async read() {
      const time = String(Date.now() / 1000 + 60)
      const query = new URLSearchParams({ query: '{__name__=~"suite.*|evil|x"}[10m]', time })
      const headers = { authorization: `Bearer ${TOKEN}` }
      const reply = await fetch(`${url}/api/v1/query?${query}`, { headers })
      const { data } = (await reply.json()) as Matrix
      return new Map(
        data.result.map(({ metric, values }) => [
          seriesKey(Object.entries(metric)),
          values.map(([seconds, value]) => [Math.round(seconds * 1000), shown(value)] as const),
        ]),
      )
    },
    async close() {
      gate.close()
      await narthex.stop()
      folder.remove()
    },
  }
}

/** As JavaScript writes it. */
function shown(text: string): string {
  return text === '+Inf' ? 'Infinity' : text === '-Inf' ? '-Infinity' : String(Number(text))
}

writerSuite(undefined, start, {
  shown: { NaN: 'NaN', Infinity: 'Infinity', '-Infinity': '-Infinity', stale: '' },
  // A query shows no staleness markers, and zero without its sign.
  rounds: (value) => value === 0,
})
