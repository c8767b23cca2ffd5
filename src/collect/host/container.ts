/** Which cgroups are containers or services, and what they are called. */
import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs'
import type { HostPaths } from './collector.ts'

/** One cgroup worth its own series. */
export interface Container {
  /** Path in the hierarchy, cAdvisor's `id`. */
  readonly id: string
  readonly folder: string
  /** Name of the container or of the unit. */
  readonly name: string
  /** '' for services and where it cannot be known. */
  readonly image: string
  readonly isContainer: boolean
}

/** Most cgroups that get series. */
export const CGROUPS_MAX = 512
/** Deepest cgroup looked at. */
const DEPTH_MAX = 10

/**
 * A container's cgroup: `docker-<id>.scope`, `libpod-<id>.scope`, `cri-containerd-<id>.scope`, or
 * the bare id.
 */
const CONTAINER = /^(?:[a-z-]+-)?([0-9a-f]{64})(?:\.scope)?$/

/**
 * Containers and services, the first CGROUPS_MAX in order of their paths; none without cgroup v2.
 */
export function findContainers(paths: HostPaths): readonly Container[] {
  const found: Container[] = []
  if (existsSync(`${paths.cgroup}/cgroup.controllers`)) walk(paths, '', 0, found)
  return found
}

function walk(paths: HostPaths, id: string, depth: number, found: Container[]): void {
  for (const entry of listFolders(`${paths.cgroup}${id}`)) {
    if (found.length >= CGROUPS_MAX) return
    const child = `${id}/${entry}`
    const container = readContainer(paths, child, entry)
    if (container !== undefined) found.push(container)
    // Inside a container are its own affairs; a service may hold services (a user's manager).
    const isClosed = container?.isContainer === true || depth >= DEPTH_MAX
    if (!isClosed) walk(paths, child, depth + 1, found)
  }
}

function readContainer(paths: HostPaths, id: string, name: string): Container | undefined {
  const folder = `${paths.cgroup}${id}`
  const hash = CONTAINER.exec(name)?.[1]
  if (hash !== undefined) {
    return { id, folder, isContainer: true, ...readDocker(paths.root, hash) }
  }
  if (name.endsWith('.service')) return { id, folder, name, image: '', isContainer: false }
  return undefined
}

/** Name and image as Docker has them on disk; else the short id. */
function readDocker(root: string, hash: string): { name: string; image: string } {
  const unknown = { name: hash.slice(0, 12), image: '' }
  try {
    const file = `${root}/var/lib/docker/containers/${hash}/config.v2.json`
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof config !== 'object' || config === null) return unknown
    const { Name, Config } = config as { Name?: unknown; Config?: { Image?: unknown } }
    const name = typeof Name === 'string' ? Name.replace(/^\//, '') : unknown.name
    const image = typeof Config?.Image === 'string' ? Config.Image : ''
    return { name, image }
  } catch {
    // Another engine, or not ours to read: the id is name enough.
    return unknown
  }
}

function listFolders(folder: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    // The cgroup has just ended.
    return []
  }
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}
