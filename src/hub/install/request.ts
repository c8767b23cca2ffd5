/** What may be asked to be installed: read field by field, refused with the reason. */
import { NarthexError } from '../../base/error.ts'
import { parseDuration } from '../../model/duration.ts'
import type { InstallRequest } from '../../model/install.ts'
import type { Problems } from '../registry/document.ts'
import { nameOf, refuseTarget } from '../registry/target.ts'

/** Most targets of one installation: more of them belong into a list of the registry. */
export const TARGETS_MAX = 1000

/** Longest name of an installation; it becomes the name of a file. */
export const JOB_LENGTH_MAX = 64

/** What an interval may be, in ms: a target that is asked less often than queries look back is gone in between. */
const INTERVAL_MS_MIN = 1000
const INTERVAL_MS_MAX = 240_000

const KEYS: readonly string[] = ['entry', 'targets', 'job', 'interval']

/** No dots and no slashes: it stays in its folder on every system. */
const JOB = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/

/** Whether a text can be the name of an installation. */
export function isInstallName(text: string): boolean {
  return text.length <= JOB_LENGTH_MAX && JOB.test(text)
}

/** @throws NarthexError `bad_data` for a value that asks for nothing that could be had */
export function readInstallRequest(value: unknown): InstallRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(`found ${nameOf(value)}, wanted {"entry": …, "targets": […]}`)
  }
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) {
    throw refuse(`found the field ${JSON.stringify(unknown)}, wanted ${KEYS.join(', ')}`)
  }
  const { entry, targets, job = '', interval = '' } = value as Record<string, unknown>
  if (typeof entry !== 'string' || entry === '') {
    throw refuse(`entry: found ${nameOf(entry)}, wanted the name of an entry`)
  }
  if (!Array.isArray(targets)) throw refuse(`targets: found ${nameOf(targets)}, wanted a list`)
  const odd = targets.findIndex((target) => typeof target !== 'string')
  if (odd >= 0) throw refuse(`targets[${odd}]: found ${nameOf(targets[odd])}, wanted host:port`)
  if (typeof job !== 'string') throw refuse(`job: found ${nameOf(job)}, wanted a name`)
  if (typeof interval !== 'string') {
    throw refuse(`interval: found ${nameOf(interval)}, wanted a duration such as 30s`)
  }
  return { entry, targets, job, interval }
}

/** The name of the job. @throws NarthexError `bad_data` */
export function readJob({ job, entry }: InstallRequest): string {
  const name = job === '' ? entry : job
  if (isInstallName(name)) return name
  const wanted = `at most ${JOB_LENGTH_MAX} letters, digits, _ and -, no - first`
  throw refuse(`job: found ${JSON.stringify(name.slice(0, 80))}, wanted ${wanted}`)
}

/** The interval as it is written; '' for none. @throws NarthexError `bad_data` */
export function readInterval({ interval }: InstallRequest): string {
  if (interval === '' || isInterval(interval)) return interval
  const seen = JSON.stringify(interval.slice(0, 80))
  throw refuse(`interval: found ${seen}, wanted a duration from 1s to 4m`)
}

function isInterval(text: string): boolean {
  try {
    const ms = parseDuration(text)
    return ms >= INTERVAL_MS_MIN && ms <= INTERVAL_MS_MAX
  } catch {
    return false // told by the caller: no duration is as wrong as one that is too long
  }
}

/**
 * Each target once, all with a port; what cannot be one is a problem.
 *
 * @param port of the entry; 0 for none
 * @throws NarthexError `bad_data` for none, or too many
 */
export function readTargets(
  targets: readonly string[],
  port: number,
  problems: Problems,
): readonly string[] {
  if (targets.length === 0) throw refuse('targets: found none, wanted at least one host:port')
  if (targets.length > TARGETS_MAX) {
    throw refuse(`targets: found ${targets.length}, at most ${TARGETS_MAX}`)
  }
  const whole = targets.map((target, index) => {
    const text = withPort(target, port)
    const reason = refuseTarget(text)
    if (reason !== undefined) problems.add(index, 'targets', reason)
    return text
  })
  return [...new Set(whole)]
}

function withPort(target: string, port: number): string {
  const isHost = target !== '' && (!target.includes(':') || /^\[.*\]$/.test(target))
  return isHost && port > 0 ? `${target}:${port}` : target
}

function refuse(reason: string): NarthexError {
  return new NarthexError('bad_data', `cannot install: ${reason}`)
}
