/** Targets of containers: one for each TCP port in each network. */
import type { DockerDiscovery } from '../../config/discovery.ts'
import type { Labels } from '../../model/labels.ts'
import {
  isRecord,
  type JsonRecord,
  listAt,
  numberAt,
  pairsAt,
  recordAt,
  textAt,
  toRecord,
} from './json.ts'
import { joinHostPort, MetaLabels } from './metalabels.ts'

/** @param networks what the daemon says of all its networks */
export function containerTargets(
  containers: readonly unknown[],
  networks: readonly unknown[],
  config: DockerDiscovery,
): Labels[] {
  const networksById = new Map<string, JsonRecord>()
  for (const network of networks.map(toRecord)) networksById.set(textAt(network, 'Id'), network)
  const records = containers.map(toRecord)
  const byId = new Map(records.map((container) => [textAt(container, 'Id'), container]))
  return records.flatMap((container) => {
    const name = listAt(container, 'Names')[0]
    if (typeof name !== 'string') return []
    const shared = new MetaLabels('__meta_docker_')
      .set('container_id', textAt(container, 'Id'))
      .set('container_name', name)
      .set('container_network_mode', modeOf(container))
      .setEach('container_label_', pairsAt(container, 'Labels'))
    return networksOf(container, byId, config.matchFirstNetwork).flatMap((joined) => {
      const labels = shared.copy().set('network_ip', textAt(joined, 'IPAddress'))
      setNetwork(labels, networksById.get(textAt(joined, 'NetworkID')))
      return portTargets(labels, container, textAt(joined, 'IPAddress'), config)
    })
  })
}

function modeOf(container: JsonRecord): string {
  return textAt(recordAt(container, 'HostConfig'), 'NetworkMode')
}

function portTargets(
  labels: MetaLabels,
  container: JsonRecord,
  ip: string,
  config: DockerDiscovery,
): Labels[] {
  const ports = listAt(container, 'Ports')
    .map(toRecord)
    .filter((port) => port.Type === 'tcp')
  if (ports.length === 0) {
    const address =
      modeOf(container) === 'host' ? config.hostNetworkingHost : joinHostPort(ip, config.port)
    return [labels.target(address)]
  }
  return ports.map((port) => {
    const inside = numberAt(port, 'PrivatePort') ?? 0
    const outside = numberAt(port, 'PublicPort') ?? 0
    const own = labels.copy().set('port_private', String(inside))
    if (outside > 0)
      own.set('port_public', String(outside)).set('port_public_ip', textAt(port, 'IP'))
    return own.target(joinHostPort(ip, inside))
  })
}

/** The networks of a container by name, or those of the container whose network it uses. */
function networksOf(
  container: JsonRecord,
  byId: ReadonlyMap<string, JsonRecord>,
  onlyFirst: boolean,
): readonly JsonRecord[] {
  const seen = new Set<JsonRecord>()
  let owner: JsonRecord | undefined = container
  while (owner !== undefined && !seen.has(owner)) {
    seen.add(owner)
    const named: readonly (readonly [string, unknown])[] = Object.entries(
      recordAt(recordAt(owner, 'NetworkSettings'), 'Networks'),
    )
    const found = named
      .filter(([, network]) => isRecord(network))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, network]) => toRecord(network))
    if (found.length > 0) return onlyFirst ? found.slice(0, 1) : found
    const mode = modeOf(owner)
    owner = mode.startsWith('container:') ? byId.get(mode.slice('container:'.length)) : undefined
  }
  return []
}

function setNetwork(labels: MetaLabels, network: JsonRecord | undefined): void {
  if (network === undefined) return
  labels
    .set('network_id', textAt(network, 'Id'))
    .set('network_name', textAt(network, 'Name'))
    .set('network_scope', textAt(network, 'Scope'))
    .set('network_internal', String(network.Internal === true))
    .set('network_ingress', String(network.Ingress === true))
    .setEach('network_label_', pairsAt(network, 'Labels'))
}
