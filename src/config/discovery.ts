/** Who is found for a job, by kind of source. */
import type { Secret } from '../base/secret.ts'
import type { Labels } from '../model/labels.ts'
import type { HttpClientConfig } from './http.ts'

/** Targets named in the file, with labels for all of them. */
export interface StaticGroup {
  readonly targets: readonly string[]
  readonly labels: Labels
}

/** Targets in files; the last part of a path may be a pattern. */
export interface FileDiscovery {
  /** Absolute, a pattern with `*` in the last part allowed. */
  readonly files: readonly string[]
  readonly refreshIntervalMs: number
}

/** Targets behind a URL. */
export interface HttpDiscovery {
  readonly url: string
  readonly refreshIntervalMs: number
  readonly http: HttpClientConfig
}

export type DnsRecordType = 'SRV' | 'A' | 'AAAA' | 'MX' | 'NS'

/** Targets behind names of the DNS. */
export interface DnsDiscovery {
  readonly names: readonly string[]
  readonly type: DnsRecordType
  /** Not for SRV records, which have their own. */
  readonly port: number
  readonly refreshIntervalMs: number
}

/** Instances of services that Consul knows. */
export interface ConsulDiscovery {
  /** `host:port`, a URL or `unix://path`. */
  readonly server: string
  readonly scheme: string
  readonly pathPrefix: string
  readonly token: Secret | undefined
  /** Instead of basic auth in `http`; '' for none. */
  readonly username: string
  readonly password: Secret | undefined
  /** '' for the one of the agent that is asked. */
  readonly datacenter: string
  readonly namespace: string
  readonly partition: string
  readonly tagSeparator: string
  readonly allowStale: boolean
  readonly refreshIntervalMs: number
  /** All when empty. */
  readonly services: readonly string[]
  /** A service must have all of them. */
  readonly tags: readonly string[]
  readonly nodeMeta: readonly (readonly [string, string])[]
  /** Expression on the catalog. */
  readonly filter: string
  /** Expression on the instances. */
  readonly healthFilter: string
  readonly http: HttpClientConfig
}

export type KubernetesRole = 'node' | 'pod' | 'service' | 'endpoints' | 'endpointslice' | 'ingress'

/** Narrows the objects of one role. */
export interface KubernetesSelector {
  readonly role: string
  readonly label: string
  readonly field: string
}

/** Objects of a Kubernetes cluster. */
export interface KubernetesDiscovery {
  readonly role: KubernetesRole
  /** '' to run inside the cluster or by `kubeconfigFile`. */
  readonly apiServer: string
  /** Absolute path, or ''. */
  readonly kubeconfigFile: string
  /** All when empty and not `ownNamespace`. */
  readonly namespaces: readonly string[]
  readonly ownNamespace: boolean
  readonly selectors: readonly KubernetesSelector[]
  readonly attachNode: boolean
  readonly attachNamespace: boolean
  /** Only with `apiServer`. */
  readonly http: HttpClientConfig
}

/** Containers of a Docker daemon. */
export interface DockerDiscovery {
  /** `unix:///var/run/docker.sock`, `tcp://host:port`, `http://…` or `https://…`. */
  readonly host: string
  /** For containers that expose none. */
  readonly port: number
  readonly filters: readonly { readonly name: string; readonly values: readonly string[] }[]
  readonly hostNetworkingHost: string
  readonly matchFirstNetwork: boolean
  readonly refreshIntervalMs: number
  readonly http: HttpClientConfig
}

/** Who is found for a job. */
export interface DiscoveryConfigs {
  readonly static: readonly StaticGroup[]
  readonly file: readonly FileDiscovery[]
  readonly http: readonly HttpDiscovery[]
  readonly dns: readonly DnsDiscovery[]
  readonly consul: readonly ConsulDiscovery[]
  readonly kubernetes: readonly KubernetesDiscovery[]
  readonly docker: readonly DockerDiscovery[]
}

/** Nobody. */
export const NO_DISCOVERY: DiscoveryConfigs = Object.freeze({
  static: [],
  file: [],
  http: [],
  dns: [],
  consul: [],
  kubernetes: [],
  docker: [],
})
