/** The tables, as queries see them. */
import type { Role } from '../model/role.ts'

export interface StateTable {
  id: number
  revision: number
}

export interface DocumentsTable {
  kind: 'group' | 'service'
  name: string
  body: string
  targets: number
  version: number
  revision: number
  changed_ms: number
  changed_by: string
}

export interface VersionsTable {
  kind: 'group' | 'service'
  name: string
  version: number
  revision: number
  action: 'put' | 'delete' | 'import' | 'undo' | 'relabel'
  changed_ms: number
  changed_by: string
  targets: number
  body: string | null
}

export interface LeasesTable {
  key: string
  group_name: string
  target: string
  labels: string
  ttl_ms: number
  expires_ms: number
  changed_by: string
}

export interface LeaseLogTable {
  revision: number
  at_ms: number
  by_name: string
  action: 'hold' | 'change' | 'release' | 'expire'
  key: string
  group_name: string
  target: string
  labels: string
}

export interface ConsumersTable {
  name: string
  address: string
  path: string
  agent: string
  interval_seconds: number
  seen_ms: number
  polls: number
  status: number
  targets: number
  etag: string
}

export interface HubStateTable {
  id: number
  revision: number
}

export interface HubSourcesTable {
  name: string
  type: 'bundled' | 'folder' | 'git' | 'github'
  origin: string
  commit_id: string
  tag: string
  entries: number
  revision: number
  checked_ms: number
  good_ms: number
  failing_since_ms: number
  error: string
  faults: string
}

export interface HubSourceSettingsTable {
  name: string
  type: 'git' | 'github'
  url: string
  repository: string
  branch: string
  path: string
  refresh_ms: number
  sealed_token: string
  version: number
  changed_ms: number
  changed_by: string
}

export interface HubFilesTable {
  source: string
  entry: string
  file: string
  digest: string
}

export interface HubTextsTable {
  digest: string
  body: string
}

export interface HubUsesTable {
  entry: string
  day: number
  views: number
  installs: number
}

export interface HubViewersTable {
  day: number
  viewer: string
}

export interface HubSaltsTable {
  day: number
  salt: string
}

export interface HubLivesTable {
  entry: string
  added_ms: number
  changed_ms: number
  digests: string
}

export interface HubFavouritesTable {
  user_name: string
  entry: string
  added_ms: number
}

export interface HubCountersTable {
  name: 'accounts' | 'audit'
  value: number
}

export interface HubUsersTable {
  name: string
  role: Role
  hash: string
  created_ms: number
  changed_ms: number
  changed_by: string
}

export interface HubTokensTable {
  name: string
  role: Role
  digest: string
  created_ms: number
  created_by: string
  expires_ms: number
  used_ms: number
  used_from: string
}

export interface HubSessionsTable {
  id: string
  digest: string
  user_name: string
  proof: string
  address: string
  agent: string
  opened_ms: number
  used_ms: number
  expires_ms: number
}

export interface HubAuditTable {
  id: number
  time_ms: number
  who: string
  address: string
  action: string
  object: string
  status: number
}

export interface MigrationsTable {
  version: number
  applied_ms: number
}

export interface Schema {
  narthex_schema: MigrationsTable
  sd_state: StateTable
  sd_documents: DocumentsTable
  sd_versions: VersionsTable
  sd_leases: LeasesTable
  sd_lease_log: LeaseLogTable
  sd_consumers: ConsumersTable
  hub_state: HubStateTable
  hub_sources: HubSourcesTable
  hub_source_settings: HubSourceSettingsTable
  hub_files: HubFilesTable
  hub_texts: HubTextsTable
  hub_uses: HubUsesTable
  hub_viewers: HubViewersTable
  hub_salts: HubSaltsTable
  hub_lives: HubLivesTable
  hub_favourites: HubFavouritesTable
  hub_counters: HubCountersTable
  hub_users: HubUsersTable
  hub_tokens: HubTokensTable
  hub_sessions: HubSessionsTable
  hub_audit: HubAuditTable
}
