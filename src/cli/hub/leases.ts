/** `narthex hub leases`: targets that register themselves, for scripts that have no HTTP client. */
import { NarthexError } from '../../base/error.ts'
import type { FlagReader } from '../sharedflags.ts'
import { callerName } from './recordsplace.ts'
import { CHANGING_PLACE, REGISTRY_PLACE } from './registryflags.ts'
import { withRegistry } from './registryplace.ts'
import type { HubTool, ToolOutcome } from './tool.ts'
import { columns, labelsText, tell, timeText } from './words.ts'

export const LEASE_TOOLS: readonly HubTool[] = [
  {
    spec: {
      name: 'narthex hub leases list',
      summary: 'Lists the targets that registered themselves, and until when they count.',
      flags: REGISTRY_PLACE,
    },
    run: list,
  },
  {
    spec: {
      name: 'narthex hub leases put',
      summary: 'Registers a target, or says that it is still there.',
      arguments: '<key>',
      flags: [
        { name: 'group', value: 'name', help: 'group that it belongs to' },
        { name: 'target', value: 'host:port', help: 'where it is asked' },
        {
          name: 'label',
          value: 'label=value',
          help: 'label of it; may be given more than once',
          many: true,
          isWhole: true,
        },
        {
          name: 'ttl',
          value: 'duration',
          help: 'how long it counts without a word',
          preset: '30s',
        },
        ...CHANGING_PLACE,
      ],
    },
    run: (flags, [key]) => put(key, flags),
  },
  {
    spec: {
      name: 'narthex hub leases delete',
      summary: 'Takes targets away that registered themselves.',
      arguments: '<keys...>',
      flags: CHANGING_PLACE,
    },
    run: remove,
  },
]

async function list(flags: FlagReader): Promise<ToolOutcome> {
  return await withRegistry(flags, async (registry) => {
    const rows = (await registry.leases()).map(({ key, group, target, labels, expiresMs }) => [
      ...[key, group, target, `until ${timeText(expiresMs)}`, labelsText(JSON.parse(labels))],
    ])
    return { lines: columns(rows) }
  })
}

async function put(key: string, flags: FlagReader): Promise<ToolOutcome> {
  const labels = Object.fromEntries(flags.list('label').map(readPair))
  const [group, target, ttl] = ['group', 'target', 'ttl'].map((name) => flags.text(name))
  return await withRegistry(flags, async (registry) => {
    const outcome = await registry.hold(key, { group, target, labels, ttl }, callerName())
    return tell(outcome, ({ expiresMs }) => [`${key} counts until ${timeText(expiresMs)}`])
  })
}

async function remove(flags: FlagReader, keys: readonly string[]): Promise<ToolOutcome> {
  return await withRegistry(flags, async (registry) => {
    for (const key of keys) await registry.release(key, callerName())
    return { lines: keys.map((key) => `${key} is gone`) }
  })
}

/** @throws NarthexError `bad_data` */
function readPair(pair: string): readonly [string, string] {
  const at = pair.indexOf('=')
  if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
  throw new NarthexError('bad_data', `cannot use --label=${pair}: wanted label=value`)
}
