/** On how many hosts an entry runs, and whether that is sure. */
import type { JSX } from 'preact'
import type { Found } from '../../src/model/found.ts'

interface WhereBadgeProps {
  readonly hosts: number
  readonly by: Found['by']
}

export function WhereBadge({ hosts, by }: WhereBadgeProps): JSX.Element {
  const isSure = by === 'metrics'
  return (
    <span class={`badge ${isSure ? 'good' : ''}`} title={isSure ? SURE : LIKELY}>
      {describeHosts(hosts, by)}
    </span>
  )
}

const SURE = 'Recognised by the metrics of targets'
const LIKELY = 'Guessed from the jobs and ports of registered targets: nothing here has asked them'

/** `on 3 hosts`, `probably on 1 host` */
export function describeHosts(hosts: number, by: Found['by']): string {
  const counted = `on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`
  return by === 'metrics' ? counted : `probably ${counted}`
}
