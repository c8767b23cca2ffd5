/** What is lost and what is sent twice when a hop of a topology is killed, counted at the stores. */
import { missingComponents } from '../../test/support/processes.ts'
import { seededRandom } from '../../test/support/promql.ts'
import { TOPOLOGIES, type TopologyKind } from '../../test/support/topologies.ts'
import { killHops, type Outcome, settle } from '../../test/support/topology.ts'
import type { Table } from './rivals.ts'

const SEED = 4711
const KILLS = 3
const LONG_KILLS = 20

export async function run(isLong: boolean): Promise<Table> {
  const kills = isLong ? LONG_KILLS : KILLS
  const rows: string[][] = []
  for (const kind of TOPOLOGIES) {
    const missing = missingComponents(...kind.needs)
    if (missing === undefined) rows.push(...(await measure(kind, kills)))
    else console.log(`without ${kind.title}: ${missing}`)
  }
  return {
    title: 'Killed hops',
    how: `Each hop killed by SIGKILL ${kills} times at random moments (seed ${SEED}) under scrapes each second, away for up to 3 s, then what the targets said compared with what the stores answer, sample by sample. Twice: samples that a store was given again and acknowledged; it keeps one. The longest time without a sample is that of a scrape interval where nothing is missing. Of the pair, whose scrapes are not the same, a second without samples counts as lost.`,
    head: ['topology', 'killed', 'samples compared', 'lost', 'twice', 'longest gap, s'],
    rows,
  }
}

async function measure({ title, build }: TopologyKind, kills: number): Promise<string[][]> {
  const random = seededRandom(SEED)
  const topology = await build()
  const rows: string[][] = []
  try {
    await settle(topology)
    const agents = topology.routes.flatMap((route) => route.agents)
    const passing = topology.hops.filter((hop) => !agents.some((agent) => agent === hop))
    for (const hop of [...passing, agents[0]]) {
      const round = { hops: [hop], kills, random, runningMsMax: 4000, awayMsMax: 3000 }
      const outcome = await killHops(topology, round)
      if (outcome.wrong.length > 0) throw new Error(`${title}, ${hop.name}: ${outcome.wrong[0]}`)
      rows.push([title, hop.name, ...cells(outcome)])
      console.log(rows.at(-1)?.join(' | '))
    }
  } finally {
    await topology.stop()
  }
  return rows
}

function cells({ samples, lost, duplicates, gapMsMax }: Outcome): string[] {
  return [String(samples), String(lost), String(duplicates), (gapMsMax / 1000).toFixed(1)]
}
