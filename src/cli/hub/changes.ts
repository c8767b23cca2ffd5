/** `narthex hub changes`: who changed targets when, and one step back. */
import type { LeaseAction, RegistryChange } from '../../model/registry.ts'
import { parseCount } from '../sharedflags.ts'
import { edit } from './documents.ts'
import { CHANGING_PLACE, DRY_RUN_FLAG, REGISTRY_PLACE, SEARCH_FLAG } from './registryflags.ts'
import { withRegistry } from './registryplace.ts'
import type { HubTool } from './tool.ts'
import { readNumber, targetCount, timeText } from './words.ts'

export const CHANGE_TOOLS: readonly HubTool[] = [
  {
    spec: {
      name: 'narthex hub changes list',
      summary:
        'Lists what was changed, newest first: groups, services, and targets that registered themselves.',
      flags: [
        { ...SEARCH_FLAG, help: 'only of names, targets of leases and people that have it' },
        { name: 'limit', value: 'count', help: 'at most so many', preset: '50', parse: parseCount },
        {
          name: 'before',
          value: 'change',
          help: 'only older ones',
          preset: '0',
          parse: parseCount,
        },
        ...REGISTRY_PLACE,
      ],
    },
    run: (flags) =>
      withRegistry(flags, async (registry) => {
        const changes = await registry.changes({
          before: flags.number('before'),
          count: flags.number('limit'),
          search: flags.text('search'),
        })
        return { lines: changes.flatMap(linesOf) }
      }),
  },
  {
    spec: {
      name: 'narthex hub changes undo',
      summary: 'Makes all groups and services of a change what they were before it.',
      arguments: '<change>',
      flags: [DRY_RUN_FLAG, ...CHANGING_PLACE],
    },
    run: (flags, [change]) =>
      edit({ action: 'undo', revision: readNumber(change, 'the number of a change') }, flags),
  },
]

const LEASE_WORDS: Readonly<Record<LeaseAction, string>> = {
  hold: 'came',
  change: 'changed',
  release: 'left',
  expire: 'is no longer heard of',
}

function linesOf({ revision, atMs, by, count, documents, leases }: RegistryChange): string[] {
  const hidden = count - documents.length - leases.length
  return [
    `change ${revision}  ${timeText(atMs)}  ${by}`,
    ...documents.map(({ kind, name, action, version, targets }) => {
      return `  ${action} ${kind} ${name}: version ${version}, ${targetCount(targets)}`
    }),
    ...leases.map(({ key, action, group, target }) => {
      return `  lease ${key} ${LEASE_WORDS[action]}: ${target} of ${group}`
    }),
    ...(hidden > 0 ? [`  and ${hidden} more`] : []),
  ]
}
