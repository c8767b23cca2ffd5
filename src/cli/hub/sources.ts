/** `narthex hub sources`: the content sources of a hub that runs, listed, added, asked and removed. */
import { readFileSync } from 'node:fs'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { SourceStatus } from '../../model/sources.ts'
import type { Flag } from '../flags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { openClient, URL_FLAGS } from './place.ts'
import type { HubTool, ToolOutcome } from './tool.ts'

const SOURCES = 'api/v1/hub/sources'

/** Longest that the sources may take together, in ms. */
const REFRESH_MS_MAX = 3_600_000

const SETTINGS: readonly Flag[] = [
  { name: 'type', value: 'word', help: 'git or github', preset: 'github' },
  { name: 'repository', value: 'owner/name', help: 'at GitHub' },
  {
    name: 'address',
    value: 'url',
    help: 'of the repository; of GitHub only where its API is not at https://api.github.com',
  },
  { name: 'branch', value: 'name', help: "the repository's own when absent" },
  { name: 'path', value: 'folder', help: 'folder in the repository; all of it when absent' },
  { name: 'refresh-interval', value: 'duration', help: 'how often it is asked', preset: '1h' },
  {
    name: 'token-file',
    value: 'file',
    help: 'token of the source, kept encrypted; the one that there is stays when absent',
  },
]

export const SOURCE_TOOLS: readonly HubTool[] = [
  {
    spec: {
      name: 'narthex hub sources list',
      summary: 'Lists the content sources of a hub that runs, and how each does.',
      flags: URL_FLAGS,
    },
    run: listSources,
  },
  {
    spec: {
      name: 'narthex hub sources add',
      summary:
        'Adds a repository to the content of the catalogue, or changes one that was added; asks it ' +
        'and says what became of it. Ends with 1 when it fails.',
      arguments: '<name>',
      flags: [...SETTINGS, ...URL_FLAGS],
    },
    run: addSource,
  },
  {
    spec: {
      name: 'narthex hub sources remove',
      summary: 'Removes a source that was added, and what it has brought.',
      arguments: '<name>',
      flags: URL_FLAGS,
    },
    run: removeSource,
  },
  {
    spec: {
      name: 'narthex hub sources refresh',
      summary: 'Has a hub ask one source now, and says what became of it.',
      arguments: '<name>',
      flags: URL_FLAGS,
    },
    run: async (flags, [name]) => await refreshOne(flags, name),
  },
]

export const REFRESH_TOOLS: readonly HubTool[] = [
  {
    spec: {
      name: 'narthex hub refresh',
      summary:
        'Has a hub that runs ask its content sources now, waits, and lists how each did. Ends with 1 ' +
        'when one of them fails.',
      flags: [...URL_FLAGS, { name: 'source', value: 'name', help: 'only this one' }],
    },
    run: async (flags) =>
      flags.text('source') === ''
        ? linesOf(await refresh(flags, 'api/v1/hub/refresh'))
        : await refreshOne(flags, flags.text('source')),
  },
]

async function listSources(flags: FlagReader): Promise<ToolOutcome> {
  const sources = await openClient(flags).call<readonly SourceStatus[]>('GET', SOURCES)
  return { lines: sources.map((each) => (each.error === '' ? factsOf(each) : faultOf(each))) }
}

async function addSource(flags: FlagReader, [name]: readonly string[]): Promise<ToolOutcome> {
  const tokenFile = flags.text('token-file')
  const body = {
    type: flags.text('type'),
    url: flags.text('address'),
    repository: flags.text('repository'),
    branch: flags.text('branch'),
    path: flags.text('path'),
    refreshInterval: flags.text('refresh-interval'),
    ...(tokenFile === '' ? {} : { token: readToken(tokenFile) }),
  }
  await openClient(flags).call<SourceStatus>('PUT', placeOf(name), { body })
  return await refreshOne(flags, name)
}

async function removeSource(flags: FlagReader, [name]: readonly string[]): Promise<ToolOutcome> {
  await openClient(flags).call('DELETE', placeOf(name))
  return { lines: [`removed ${name}`] }
}

async function refreshOne(flags: FlagReader, name: string): Promise<ToolOutcome> {
  const sources = await refresh(flags, `${placeOf(name)}/refresh`)
  return linesOf(sources.filter((each) => each.name === name))
}

function refresh(flags: FlagReader, path: string): Promise<readonly SourceStatus[]> {
  return openClient(flags).call('POST', path, { waitMsMax: REFRESH_MS_MAX })
}

function placeOf(name: string): string {
  return `${SOURCES}/${encodeURIComponent(name)}`
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read --token-file: ${messageOf(error)}`, error)
  }
}

function linesOf(sources: readonly SourceStatus[]): ToolOutcome {
  return {
    lines: sources.filter(({ error }) => error === '').map(factsOf),
    faults: sources.filter(({ error }) => error !== '').map(faultOf),
  }
}

function factsOf({ name, type, entries, commit }: SourceStatus): string {
  return `${name}  ${type}  ${entries} entries  ${commit.slice(0, 12)}`.trimEnd()
}

function faultOf(source: SourceStatus): string {
  const since = new Date(source.failingSinceMs).toISOString()
  return `${factsOf(source)}  failing since ${since}: ${source.error}`
}
