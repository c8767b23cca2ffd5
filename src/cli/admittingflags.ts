/** Flags of a hub about who may come in, how much they may do, and how long it is remembered. */
import { parseDuration } from '../model/duration.ts'
import type { AdmittingOptions } from '../roles/admitting.ts'
import type { Flag } from './flags.ts'
import { type FlagReader, parseCount } from './sharedflags.ts'

/** Of every role that has accounts. */
export const ACCOUNT_FLAGS: readonly Flag[] = [
  {
    name: 'hub.users',
    value: 'count',
    help: 'users in the records; one more is refused',
    preset: '1000',
    parse: parseCount,
  },
  {
    name: 'hub.tokens',
    value: 'count',
    help: 'tokens in the records; one more is refused',
    preset: '1000',
    parse: parseCount,
  },
  {
    name: 'hub.sessions',
    value: 'count',
    help: 'browsers that are logged in; beyond it the longest unused are logged out',
    preset: '2000',
    parse: parseCount,
  },
  {
    name: 'hub.session-idle',
    value: 'duration',
    help: 'how long a browser stays logged in that does not ask',
    preset: '12h',
    parse: parseDuration,
  },
  {
    name: 'hub.session-age',
    value: 'duration',
    help: 'how long a browser stays logged in at most',
    preset: '7d',
    parse: parseDuration,
  },
  {
    name: 'limit.audit-entries',
    value: 'count',
    help: 'entries kept of the audit log; beyond it the oldest are forgotten',
    preset: '100000',
    parse: parseCount,
  },
  {
    name: 'limit.audit-age',
    value: 'duration',
    help: 'how long entries of the audit log are kept',
    preset: '400d',
    parse: parseDuration,
  },
]

/** Of a hub, where every change is one of people and their scripts. */
export const ADMITTING_FLAGS: readonly Flag[] = [
  ...ACCOUNT_FLAGS,
  {
    name: 'limit.changes',
    value: 'count',
    help: 'changing requests a second of one caller in the long run, ten times as many at once; 0 for no bound',
    preset: '500',
    parse: parseCount,
  },
]

/** What they say. */
export function readAdmitting(flags: FlagReader): AdmittingOptions {
  return { ...readAccounts(flags), changesPerSecondMax: flags.number('limit.changes') }
}

/** What those of every role say. */
export function readAccounts(flags: FlagReader): Omit<AdmittingOptions, 'changesPerSecondMax'> {
  return {
    accounts: {
      usersMax: flags.number('hub.users'),
      tokensMax: flags.number('hub.tokens'),
      sessionsMax: flags.number('hub.sessions'),
      idleMsMax: flags.number('hub.session-idle'),
      ageMsMax: flags.number('hub.session-age'),
    },
    audit: {
      entriesMax: flags.number('limit.audit-entries'),
      ageMsMax: flags.number('limit.audit-age'),
    },
  }
}
