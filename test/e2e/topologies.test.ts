/** From targets to stores over every hop there is: each is killed once, and nothing is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingComponents } from '../support/processes.ts'
import { seededRandom } from '../support/promql.ts'
import { TOPOLOGIES } from '../support/topologies.ts'
import { killHops, type Outcome, type RoleHop, readCounts, settle } from '../support/topology.ts'

const SEED = 20_261_121
const isLong = process.env.NARTHEX_TEST_LONG === '1'
/** Load before each kill: a second or more; then some time without the hop. */
const MOMENTS = isLong
  ? { runningMsMax: 8000, awayMsMax: 5000 }
  : { runningMsMax: 1500, awayMsMax: 1500 }
/** How many kills all hops of a topology share: in the long form they take some five minutes. */
const LONG_KILLS = 40

/** The elected one of a pair may be silent for three seconds before the other takes over. */
const PAIR_GAP_MS_MAX = 9000

for (const { title, needs, build } of TOPOLOGIES) {
  const skip = missingComponents(...needs) ?? false
  test(`${title}: hops are killed and come back, and no sample is lost`, { skip }, async (t) => {
    const random = seededRandom(SEED)
    const topology = await build()
    t.after(() => topology.stop())
    const assertWhole = (what: string, outcome: Outcome): void => {
      assert.deepEqual(outcome.wrong.slice(0, 10), [], `${what}\n${topology.output()}`)
      assert.equal(outcome.disordered, 0, `${what}: series arrived in order`)
      t.diagnostic(
        `${what}: ${outcome.samples} samples kept, ${outcome.lost} lost, ${outcome.duplicates} sent twice, longest gap ${outcome.gapMsMax} ms`,
      )
    }
    await settle(topology)
    const agents = topology.routes.flatMap((route) => route.agents)
    const hops = topology.hops.filter((hop) => !agents.some((agent) => agent === hop))
    const kills = isLong ? Math.ceil(LONG_KILLS / hops.length) : 1
    const passed = await killHops(topology, { ...MOMENTS, kills, hops, random })
    assertWhole(`without ${hops.map((hop) => hop.name).join(', ')}`, passed)
    assert.equal(passed.lost, 0, `nothing is lost\n${topology.output()}`)

    for (const each of agents) await assertCountsAddUp(each)

    const [agent] = agents
    const own = await killHops(topology, { ...MOMENTS, kills: 1, hops: [agent], random })
    assertWhole(`without ${agent.name}`, own)
    assert.ok(own.gapMsMax < PAIR_GAP_MS_MAX, `a gap of ${own.gapMsMax} ms`)
  })
}

/** Nothing was dropped on the way, and whatever came in is written or waits. */
async function assertCountsAddUp(agent: RoleHop): Promise<void> {
  for (const { received, written, queued, dropped } of await readCounts(agent)) {
    assert.deepEqual(dropped, {}, `${agent.name} dropped nothing`)
    assert.equal(received, written + queued, `${agent.name}: the counters add up`)
  }
}
