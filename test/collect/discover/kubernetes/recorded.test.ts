/** What a real API server said, said again: the targets are those of a vmagent that stood beside. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { KubernetesRole } from '../../../../src/config/discovery.ts'
import { DiscoveryBench } from '../bench.ts'
import { kubernetes } from './config.ts'
import { type Exchange, ROLES, readRecording } from './recorded/recording.ts'

/**
 * Labels that Prometheus has and the vmagent of the recording has not, or has in part: newer ones,
 * and what it says of endpoints where a container has more ports than they.
 */
const NOT_THERE =
  /^(?:instance|__meta_kubernetes_(?:pod_container_(?:id|image|init)|service_port_number|endpoints_.*|endpointslice_(?:name|address_type|label.*|endpoint_(?:zone|node_name|conditions_(?:serving|terminating)))))$/

/** Labels that the vmagent has for the service of endpoints, and Prometheus only for services. */
const OF_SERVICES = /^__meta_kubernetes_service_(?:cluster_ip|type)$/

/** Plays the answers of a recording, those of each path in their order. */
class Player {
  /** What was asked otherwise than in the recording. */
  readonly strayed: string[] = []
  readonly #left: Map<string, Exchange[]>
  readonly #server = createServer((ask, reply) => void this.#answer(ask, reply))

  constructor(exchanges: readonly Exchange[]) {
    this.#left = new Map()
    for (const exchange of exchanges) {
      const path = pathOf(exchange.asked)
      this.#left.set(path, [...(this.#left.get(path) ?? []), exchange])
    }
  }

  async open(t: { after(stop: () => void): void }): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    t.after(() => {
      this.#server.closeAllConnections()
      this.#server.close()
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get isOver(): boolean {
    return [...this.#left.values()].every((list) => list.length === 0)
  }

  async #answer(ask: IncomingMessage, reply: ServerResponse): Promise<void> {
    const asked = ask.url ?? ''
    const exchange = this.#left.get(pathOf(asked))?.shift()
    if (exchange?.asked !== asked) this.strayed.push(`${asked}, wanted ${exchange?.asked}`)
    if (exchange === undefined || exchange.status === 0) {
      reply.destroy()
      return
    }
    reply.writeHead(exchange.status, exchange.headers)
    reply.flushHeaders()
    for (const chunk of exchange.chunks) {
      reply.write(Buffer.from(chunk, 'latin1'))
      await new Promise(setImmediate)
    }
    if (exchange.ends === 'whole') reply.end()
    if (exchange.ends === 'cut') reply.destroy()
  }
}

function pathOf(asked: string): string {
  return asked.split('?')[0]
}

/** One text for each target, in order; an empty label is none. */
function sorted(
  role: KubernetesRole,
  targets: readonly Readonly<Record<string, string>>[],
): string[] {
  const isLeftOut = (name: string): boolean =>
    NOT_THERE.test(name) || (role.startsWith('endpoint') && OF_SERVICES.test(name))
  return targets
    .map((target) =>
      JSON.stringify(
        Object.entries(target)
          .filter(([name, value]) => value !== '' && !isLeftOut(name))
          .sort(),
      ),
    )
    .sort()
}

for (const role of ROLES) {
  const { of, exchanges, targets } = readRecording(role)
  test(`role ${role}: what ${of} said, broken connections and 410 among it, becomes its targets`, async (t) => {
    const player = new Player(exchanges)
    const bench = new DiscoveryBench(t)
    bench.apply(kubernetes(await player.open(t), role))
    await bench.until('the end of the recording', () => player.isOver)
    const wanted = JSON.stringify(sorted(role, targets))
    await bench
      .until('the targets', () => JSON.stringify(sorted(role, bench.targets)) === wanted)
      .catch(() => {})
    assert.deepEqual(sorted(role, bench.targets), sorted(role, targets))
    assert.deepEqual(player.strayed, [])
  })
}
