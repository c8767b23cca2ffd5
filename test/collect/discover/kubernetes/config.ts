/** A discovery of one role of a cluster. */
import {
  type DiscoveryConfigs,
  type KubernetesDiscovery,
  type KubernetesRole,
  NO_DISCOVERY,
} from '../../../../src/config/discovery.ts'
import { PLAIN_HTTP } from '../../../../src/config/http.ts'

export function kubernetes(
  apiServer: string,
  role: KubernetesRole,
  changed: Partial<KubernetesDiscovery> = {},
): DiscoveryConfigs {
  const config: KubernetesDiscovery = {
    role,
    apiServer,
    kubeconfigFile: '',
    namespaces: [],
    ownNamespace: false,
    selectors: [],
    attachNode: false,
    attachNamespace: false,
    http: PLAIN_HTTP,
    ...changed,
  }
  return { ...NO_DISCOVERY, kubernetes: [config] }
}
