/** From targets to stores over every hop there is: each is killed once, and nothing is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingComponents } from '../support/processes.ts'
import { seededRandom } from '../support/promql.ts'
import { TOPOLOGIES } from '../support/topologies.ts'
import { killHops, type Outcome, settle } from '../support/topology.ts'

const SEED = 20_261_121
/** A second or more of load before each kill, and up to one and a half without the hop. */
const MOMENTS = { kills: 1, runningMsMax: 1500, awayMsMax: 1500 }
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
    const agents = new Set(topology.routes.flatMap((route) => route.agents))
    const hops = topology.hops.filter((hop) => !agents.has(hop))
    const passed = await killHops(topology, { ...MOMENTS, hops, random })
    assertWhole(`without ${hops.map((hop) => hop.name).join(', ')}`, passed)
    assert.equal(passed.lost, 0, `nothing is lost\n${topology.output()}`)

    const [agent] = agents
    const own = await killHops(topology, { ...MOMENTS, hops: [agent], random })
    assertWhole(`without ${agent.name}`, own)
    assert.ok(own.gapMsMax < PAIR_GAP_MS_MAX, `a gap of ${own.gapMsMax} ms`)
  })
}
