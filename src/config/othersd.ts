/** Discovery kinds of Prometheus that are only checked, by their keys. */

import { checkHttp, HTTP_KEYS, type RawHttp } from './httpshape.ts'
import { duration, filePath, text, textOr, truth, url, whole } from './scalars.ts'
import {
  allOf,
  checkAzure,
  checkEureka,
  checkFilters,
  checkMarathon,
  checkPuppet,
  checkStackit,
  checkZookeeper,
  type KindCheck,
  needs,
  oneSecret,
  type RawKind,
  wordOf,
} from './sdchecks.ts'
import { listOf, mapOf, type Shape, secret } from './shape.ts'
import { tlsClient } from './tlsshape.ts'

type KindKeys = Readonly<Record<string, Shape<unknown>>>

const MINUTE_MS = 60_000

/** A kind that has the keys of an HTTP client inline. */
function httpKind(name: string, keys: KindKeys, check?: KindCheck): Shape<unknown> {
  return plainKind(name, { ...HTTP_KEYS, ...keys }, withHttp(check))
}

/** A kind so new that its keys are still growing: an unknown one is a warning. */
function growingKind(name: string, keys: KindKeys, check?: KindCheck): Shape<unknown> {
  const all = { ...HTTP_KEYS, ...keys }
  return mapOf<RawKind, unknown>(`${name}.plain`, all, () => undefined, withHttp(check), 'warned')
}

function withHttp(check: KindCheck | undefined): KindCheck {
  return (raw, place) => {
    checkHttp(raw as unknown as RawHttp, place)
    check?.(raw, place)
  }
}

function plainKind(name: string, keys: KindKeys, check?: KindCheck): Shape<unknown> {
  return mapOf<RawKind, unknown>(`${name}.plain`, keys, () => undefined, check)
}

const filters = listOf(mapOf('filter.plain', { name: text, values: listOf(text) }, (raw) => raw))

const refresh = (ms: number): KindKeys => ({ refresh_interval: duration(ms) })
const port = (number: number): KindKeys => ({ port: whole(number) })

const AWS_KEYS: KindKeys = {
  region: text,
  endpoint: text,
  access_key: text,
  secret_key: secret,
  profile: text,
  role_arn: text,
  external_id: text,
  ...refresh(MINUTE_MS),
  ...port(80),
}

const AWS_CLUSTER_KEYS: KindKeys = {
  ...AWS_KEYS,
  clusters: listOf(text),
  request_concurrency: whole(0),
}

const ZOOKEEPER_KEYS: KindKeys = {
  servers: listOf(text),
  paths: listOf(text),
  timeout: duration(10_000),
}

const DOCKER_KEYS: KindKeys = { host: text, ...port(80), filters, ...refresh(MINUTE_MS) }

/** The kinds by the part of their key before `_sd_configs`. */
export const OTHER_DISCOVERY: Readonly<Record<string, Shape<unknown>>> = {
  aws: growingKind('aws', { role: text, ...AWS_CLUSTER_KEYS, filters }, checkFilters),
  azure: httpKind(
    'azure',
    {
      environment: textOr('AzurePublicCloud'),
      ...port(80),
      subscription_id: text,
      tenant_id: text,
      client_id: text,
      client_secret: secret,
      authentication_method: textOr('OAuth'),
      resource_group: text,
      ...refresh(300_000),
    },
    checkAzure,
  ),
  digitalocean: httpKind('digitalocean', { role: text, ...port(80), ...refresh(MINUTE_MS) }),
  dockerswarm: httpKind(
    'moby',
    { ...DOCKER_KEYS, role: text },
    allOf(
      needs({ host: 'host missing' }),
      wordOf(
        'role',
        ['services', 'nodes', 'tasks'],
        (role) => `invalid role ${role}, expected tasks, services, or nodes`,
        'role missing (one of: tasks, services, nodes)',
      ),
    ),
  ),
  ec2: httpKind('ec2', { ...AWS_KEYS, filters }, checkFilters),
  ecs: growingKind('ecs', AWS_CLUSTER_KEYS),
  elasticache: growingKind('elasticache', AWS_CLUSTER_KEYS),
  eureka: httpKind('eureka', { server: text, ...refresh(30_000) }, checkEureka),
  gce: plainKind(
    'gce',
    {
      project: text,
      zone: text,
      filter: text,
      ...refresh(MINUTE_MS),
      ...port(80),
      tag_separator: textOr(','),
    },
    needs({
      project: 'GCE SD configuration requires a project',
      zone: 'GCE SD configuration requires a zone',
    }),
  ),
  hetzner: httpKind(
    'hetzner',
    { role: text, ...port(80), ...refresh(MINUTE_MS), label_selector: text },
    wordOf(
      'role',
      ['robot', 'hcloud'],
      (role) => `unknown role "${role}"`,
      'role missing (one of: robot, hcloud)',
    ),
  ),
  ionos: httpKind(
    'ionos',
    { datacenter_id: text, ...refresh(MINUTE_MS), ...port(80) },
    needs({ datacenter_id: "datacenter id can't be empty" }),
  ),
  kuma: httpKind(
    'xds',
    { server: text, client_id: text, ...refresh(30_000), fetch_timeout: duration(120_000) },
    needs({ server: 'kuma SD server must not be empty' }),
  ),
  lightsail: httpKind('lightsail', AWS_KEYS),
  linode: httpKind('linode', {
    region: text,
    ...port(80),
    tag_separator: textOr(','),
    ...refresh(MINUTE_MS),
  }),
  marathon: httpKind(
    'marathon',
    { servers: listOf(text), ...refresh(30_000), auth_token: secret, auth_token_file: filePath },
    checkMarathon,
  ),
  msk: growingKind('msk', AWS_CLUSTER_KEYS),
  nerve: plainKind('zookeeper', ZOOKEEPER_KEYS, checkZookeeper('nerve')),
  nomad: httpKind(
    'nomad',
    {
      allow_stale: truth(true),
      namespace: textOr('default'),
      ...refresh(MINUTE_MS),
      region: textOr('global'),
      server: textOr('http://localhost:4646'),
      tag_separator: textOr(','),
    },
    needs({ server: 'nomad SD configuration requires a server address' }),
  ),
  oci: growingKind(
    'oci',
    {
      auth: textOr('api_key'),
      region: text,
      tenancy: text,
      tenancy_id: text,
      user: text,
      user_id: text,
      fingerprint: text,
      compartment: text,
      compartment_id: text,
      key_file: filePath,
      private_key: secret,
      private_key_file: filePath,
      passphrase: secret,
      private_key_passphrase: secret,
      ...port(80),
      ...refresh(MINUTE_MS),
    },
    wordOf(
      'auth',
      ['api_key', 'instance_principal'],
      (auth) => `oci_sd: unknown auth method "${auth}", expected "api_key" or "instance_principal"`,
    ),
  ),
  openstack: plainKind(
    'openstack',
    {
      identity_endpoint: text,
      username: text,
      userid: text,
      password: secret,
      project_name: text,
      project_id: text,
      domain_name: text,
      domain_id: text,
      application_credential_name: text,
      application_credential_id: text,
      application_credential_secret: secret,
      role: text,
      region: text,
      ...refresh(MINUTE_MS),
      ...port(80),
      all_tenants: truth(false),
      tls_config: tlsClient,
      availability: textOr('public'),
    },
    allOf(
      wordOf(
        'availability',
        ['public', 'internal', 'admin'],
        (word) => `unknown availability ${word}, must be one of admin, internal or public`,
      ),
      wordOf(
        'role',
        ['instance', 'hypervisor', 'loadbalancer'],
        (role) => `unknown OpenStack SD role "${role}"`,
        'role missing (one of: instance, hypervisor, loadbalancer)',
      ),
      needs({ region: 'openstack SD configuration requires a region' }),
    ),
  ),
  outscale: growingKind(
    'outscale',
    {
      region: text,
      endpoint: text,
      access_key: text,
      secret_key: secret,
      secret_key_file: filePath,
      ...port(80),
      ...refresh(MINUTE_MS),
    },
    oneSecret(false),
  ),
  ovhcloud: plainKind(
    'ovhcloud',
    {
      endpoint: textOr('ovh-eu'),
      application_key: text,
      application_secret: secret,
      consumer_key: secret,
      ...refresh(MINUTE_MS),
      service: text,
    },
    allOf(
      needs({
        endpoint: 'endpoint can not be empty',
        application_key: 'application key can not be empty',
        application_secret: 'application secret can not be empty',
        consumer_key: 'consumer key can not be empty',
      }),
      wordOf('service', ['dedicated_server', 'vps'], (service) => `unknown service: ${service}`),
    ),
  ),
  rds: growingKind('rds', AWS_CLUSTER_KEYS),
  puppetdb: httpKind(
    'puppetdb',
    {
      url,
      query: text,
      include_parameters: truth(false),
      ...refresh(MINUTE_MS),
      ...port(80),
    },
    checkPuppet,
  ),
  scaleway: httpKind(
    'scaleway',
    {
      project_id: text,
      api_url: textOr('https://api.scaleway.com'),
      zone: textOr('fr-par-1'),
      access_key: text,
      secret_key: secret,
      secret_key_file: filePath,
      role: text,
      tags_filter: listOf(text),
      name_filter: text,
      ...refresh(MINUTE_MS),
      ...port(80),
    },
    allOf(
      wordOf(
        'role',
        ['instance', 'baremetal'],
        (role) => `unknown role "${role}"`,
        'role missing (one of: instance, baremetal)',
      ),
      oneSecret(true),
    ),
  ),
  serverset: plainKind('zookeeper', ZOOKEEPER_KEYS, checkZookeeper('serverset')),
  stackit: httpKind(
    'stackit',
    {
      project: text,
      region: textOr('eu01'),
      endpoint: text,
      service_account_key: secret,
      private_key: secret,
      service_account_key_path: filePath,
      private_key_path: filePath,
      credentials_file_path: filePath,
      ...port(80),
      ...refresh(MINUTE_MS),
    },
    checkStackit,
  ),
  triton: plainKind(
    'triton',
    {
      account: text,
      role: textOr('container'),
      dns_suffix: text,
      endpoint: text,
      groups: listOf(text),
      ...port(9163),
      ...refresh(MINUTE_MS),
      version: whole(1),
      tls_config: tlsClient,
    },
    needs({
      account: 'triton SD configuration requires an account',
      dns_suffix: 'triton SD configuration requires a dns_suffix',
      endpoint: 'triton SD configuration requires an endpoint',
    }),
  ),
  uyuni: httpKind(
    'uyuni',
    {
      server: text,
      username: text,
      password: secret,
      entitlement: textOr('monitoring_entitled'),
      separator: textOr(','),
      ...refresh(MINUTE_MS),
    },
    needs({
      server: 'Uyuni SD configuration requires server host',
      username: 'Uyuni SD configuration requires a username',
      password: 'Uyuni SD configuration requires a password',
    }),
  ),
  vultr: httpKind('vultr', { ...port(80), ...refresh(MINUTE_MS) }),
}
