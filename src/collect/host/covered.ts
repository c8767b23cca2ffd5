/** Whether a node_exporter of this very host is being scraped. */
import os from 'node:os'
import { equalLabels } from '../../model/labels.ts'
import type { MetadataView, TargetView } from '../../model/target.ts'

/** A family that every node_exporter has, and nothing else. */
const SIGN = 'node_exporter_build_info'

/** Whether an answering target at an address of this machine has node_exporter's families. */
export function isNodeExporterScraped(
  targets: TargetView,
  metadata: MetadataView,
  ownHosts: ReadonlySet<string> = findOwnHosts(),
): boolean {
  for (const target of targets.active()) {
    if (target.health !== 'up' || !ownHosts.has(hostOfUrl(target.scrapeUrl))) continue
    const matches = metadata.ofTargets((labels) => equalLabels(labels, target.labels), SIGN, 1)
    if (matches.length > 0) return true
  }
  return false
}

/** The names and addresses under which this machine reaches itself. */
export function findOwnHosts(): ReadonlySet<string> {
  const hosts = new Set(['localhost', os.hostname().toLowerCase()])
  for (const addresses of Object.values(os.networkInterfaces())) {
    for (const { address } of addresses ?? []) hosts.add(address.toLowerCase())
  }
  return hosts
}

function hostOfUrl(url: string): string {
  if (!URL.canParse(url)) return ''
  return new URL(url).hostname.replace(/^\[|\]$/g, '').toLowerCase()
}
