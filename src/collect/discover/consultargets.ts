/** Targets of the instances of a service, as Consul's health endpoint lists them. */
import { NarthexError } from '../../base/error.ts'
import type { Labels } from '../../model/labels.ts'
import { type JsonRecord, listAt, numberAt, pairsAt, recordAt, textAt, toRecord } from './json.ts'
import { joinHostPort, MetaLabels } from './metalabels.ts'

/** @throws NarthexError `bad_data` when the answer is not a list */
export function instanceTargets(
  value: unknown,
  service: string,
  datacenter: string,
  tagSeparator: string,
): readonly Labels[] {
  if (!Array.isArray(value)) {
    throw new NarthexError('bad_data', 'cannot read instances of Consul: not a list')
  }
  return value.map(toRecord).map((entry) => {
    const node = recordAt(entry, 'Node')
    const instance = recordAt(entry, 'Service')
    const tags = listAt(instance, 'Tags').filter((tag) => typeof tag === 'string')
    const port = numberAt(instance, 'Port') ?? 0
    const address = textAt(node, 'Address')
    const own = textAt(instance, 'Address')
    return new MetaLabels('__meta_consul_')
      .set('service', service)
      .set('dc', datacenter)
      .set('address', address)
      .set('node', textAt(node, 'Node'))
      .set('namespace', textAt(instance, 'Namespace'))
      .set('partition', textAt(instance, 'Partition'))
      .set('tags', `${tagSeparator}${tags.join(tagSeparator)}${tagSeparator}`)
      .set('service_address', own)
      .set('service_port', String(port))
      .set('service_id', textAt(instance, 'ID'))
      .set('health', healthOf(listAt(entry, 'Checks').map(toRecord)))
      .setEach('metadata_', pairsAt(node, 'Meta'))
      .setEach('service_metadata_', pairsAt(instance, 'Meta'))
      .setEach('tagged_address_', pairsAt(node, 'TaggedAddresses'))
      .target(joinHostPort(own === '' ? address : own, port))
  })
}

/**
 * The worst state of the checks.
 *
 * @source github.com/hashicorp/consul/api, HealthChecks.AggregatedStatus
 */
function healthOf(checks: readonly JsonRecord[]): string {
  const inMaintenance = checks.some((check) => {
    const id = textAt(check, 'CheckID')
    return id === '_node_maintenance' || id.startsWith('_service_maintenance:')
  })
  if (inMaintenance) return 'maintenance'
  const states = new Set(checks.map((check) => textAt(check, 'Status')))
  if (states.has('critical')) return 'critical'
  return states.has('warning') ? 'warning' : 'passing'
}
