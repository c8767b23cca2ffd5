/** `narthex hub groups` and `narthex hub services`: targets as files and words, one or many at a time. */
import { NarthexError } from '../../base/error.ts'
import { writeWholeFile } from '../../base/wholefile.ts'
import { parseYaml, toPlain } from '../../config/yaml.ts'
import type { BulkEdit, DocumentHead, DocumentKey, DocumentKind } from '../../model/registry.ts'
import type { Flag } from '../flags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { readInput, typeOf } from './files.ts'
import { callerName } from './recordsplace.ts'
import {
  CHANGING_PLACE,
  DRY_RUN_FLAG,
  FORMAT_FLAG,
  REGISTRY_PLACE,
  SEARCH_FLAG,
} from './registryflags.ts'
import { withRegistry } from './registryplace.ts'
import type { HubTool, ToolOutcome } from './tool.ts'
import { columns, diffLines, planLines, readNumber, targetCount, tell, timeText } from './words.ts'

/** Documents that are asked for at a time. */
const PAGE = 1000

const SEEN_FLAG: Flag = {
  name: 'seen-version',
  value: 'number',
  help: 'the version that was changed here: another one is not replaced; 0 where there must be none',
}

const TO_FLAG: Flag = {
  name: 'to',
  value: 'file',
  help: 'where to write it; standard output when absent',
}

export const GROUP_TOOLS: readonly HubTool[] = documentTools('group')
export const SERVICE_TOOLS: readonly HubTool[] = documentTools('service')

function documentTools(kind: DocumentKind): HubTool[] {
  const tool = (
    verb: string,
    words: string | undefined,
    summary: string,
    flags: readonly Flag[],
    run: (flags: FlagReader, words: readonly string[]) => Promise<ToolOutcome>,
  ): HubTool => ({
    spec: {
      name: `narthex hub ${kind}s ${verb}`,
      summary,
      flags,
      ...(words === undefined ? {} : { arguments: words }),
    },
    run,
  })
  return [
    tool('list', undefined, `Lists ${kind}s by name.`, [SEARCH_FLAG, ...REGISTRY_PLACE], (flags) =>
      list(kind, flags),
    ),
    tool('show', '<name>', `Prints a ${kind} as JSON.`, REGISTRY_PLACE, (flags, [name]) =>
      show({ kind, name }, flags),
    ),
    tool(
      'put',
      '<name> [file]',
      `Makes or replaces a ${kind} by what is in a file or on standard input.`,
      [FORMAT_FLAG, SEEN_FLAG, ...CHANGING_PLACE],
      (flags, [name, file = '']) => put({ kind, name }, file, flags),
    ),
    tool(
      'delete',
      '<names...>',
      `Deletes ${kind}s: all that are named, or none.`,
      [DRY_RUN_FLAG, ...CHANGING_PLACE],
      (flags, names) => edit({ action: 'delete', documents: keysOf(kind, names) }, flags),
    ),
    tool(
      'relabel',
      '<names...>',
      `Sets and takes away labels of all targets of ${kind}s.`,
      [
        {
          name: 'set',
          value: 'label=value',
          help: 'label that they get; may be given more than once',
          many: true,
          // A value may have commas: one label each time.
          isWhole: true,
        },
        {
          name: 'remove',
          value: 'label',
          help: 'label that goes; may be given more than once',
          many: true,
        },
        ...[DRY_RUN_FLAG, ...CHANGING_PLACE],
      ],
      (flags, names) => edit(relabelling(kind, names, flags), flags),
    ),
    tool('history', '<name>', `Lists the versions of a ${kind}.`, REGISTRY_PLACE, (flags, [name]) =>
      history({ kind, name }, flags),
    ),
    tool(
      'diff',
      '<name> <version>',
      `Lists the targets that a version of a ${kind} brought and took away.`,
      REGISTRY_PLACE,
      (flags, [name, version]) => diff({ kind, name }, version, flags),
    ),
    tool(
      'undo',
      '<name> <version>',
      `Makes a ${kind} what it was at a version, also after it was deleted.`,
      CHANGING_PLACE,
      (flags, [name, version]) => undo({ kind, name }, version, flags),
    ),
    tool(
      'import',
      '[file]',
      `Takes a file of ${kind}s by name, or standard input: all of it or nothing.`,
      [
        FORMAT_FLAG,
        { name: 'whole', help: `${kind}s that are not in the file go` },
        ...[DRY_RUN_FLAG, ...CHANGING_PLACE],
      ],
      (flags, [file = '']) => edit(importing(kind, file, flags), flags),
    ),
    tool(
      'export',
      undefined,
      `Writes all ${kind}s into a file that an import takes.`,
      [FORMAT_FLAG, TO_FLAG, ...REGISTRY_PLACE],
      (flags) => dump(kind, flags),
    ),
  ]
}

async function list(kind: DocumentKind, flags: FlagReader): Promise<ToolOutcome> {
  return await withRegistry(flags, async (registry) => {
    const heads: DocumentHead[] = []
    for (let total = 1; heads.length < total; ) {
      const page = await registry.list(kind, flags.text('search'), heads.length, PAGE)
      total = page.documents.length === 0 ? 0 : page.total
      heads.push(...page.documents)
    }
    const lines = heads.map(({ name, version, targets, changedMs, changedBy }) => [
      ...[name, `version ${version}`, targetCount(targets), timeText(changedMs), changedBy],
    ])
    return { lines: columns(lines) }
  })
}

async function show(key: DocumentKey, flags: FlagReader): Promise<ToolOutcome> {
  return await withRegistry(flags, async (registry) => {
    const { body } = await registry.document(key)
    return { lines: [JSON.stringify(JSON.parse(body), null, 2)] }
  })
}

async function put(key: DocumentKey, file: string, flags: FlagReader): Promise<ToolOutcome> {
  const value = readValue(typeOf(flags.text('format'), file), readInput(file))
  const seen = flags.text('seen-version')
  const seenVersion = seen === '' ? undefined : seen === '0' ? 0 : readNumber(seen, 'a version')
  return await withRegistry(flags, async (registry) => {
    const outcome = await registry.put(key, value, callerName(), seenVersion)
    return tell(outcome, ({ version, targets, repeated }) => [
      `${key.kind} ${key.name} is version ${version} with ${targetCount(targets)}`,
      ...repeated.map((target) => `kept once: ${target}`),
    ])
  })
}

async function history(key: DocumentKey, flags: FlagReader): Promise<ToolOutcome> {
  return await withRegistry(flags, async (registry) => {
    const versions = await registry.history(key)
    const rows = versions.map(({ version, action, targets, changedMs, changedBy, revision }) => [
      ...[`version ${version}`, action, targetCount(targets), timeText(changedMs)],
      ...[`change ${revision}`, changedBy],
    ])
    return { lines: columns(rows) }
  })
}

async function diff(key: DocumentKey, version: string, flags: FlagReader): Promise<ToolOutcome> {
  const number = readNumber(version, 'a version')
  return await withRegistry(flags, async (registry) => {
    return { lines: diffLines(await registry.diff(key, number)) }
  })
}

async function undo(key: DocumentKey, version: string, flags: FlagReader): Promise<ToolOutcome> {
  const number = readNumber(version, 'a version')
  return await withRegistry(flags, async (registry) => {
    const taken = await registry.undo(key, number, callerName())
    return {
      lines: [`${key.kind} ${key.name} is version ${taken.version}, as it was at ${number}`],
    }
  })
}

async function dump(kind: DocumentKind, flags: FlagReader): Promise<ToolOutcome> {
  const file = flags.text('to')
  const type = typeOf(flags.text('format'), file)
  const text = await withRegistry(flags, (registry) => registry.dump(kind, type))
  if (file === '') return { lines: [text.trimEnd()] }
  writeWholeFile(file, text)
  return { lines: [file] }
}

/** Carries out a change of several documents, or says what it would do. */
export async function edit(change: BulkEdit, flags: FlagReader): Promise<ToolOutcome> {
  return await withRegistry(flags, async (registry) => {
    if (flags.isOn('dry-run')) return tell(await registry.plan(change), planLines)
    return tell(await registry.carryOut(change, callerName()), (taken) =>
      taken.flatMap(({ name, version, targets, repeated }) => [
        change.action === 'delete'
          ? `${name} is gone`
          : `${name} is version ${version} with ${targetCount(targets)}`,
        ...repeated.map((target) => `kept once: ${target}`),
      ]),
    )
  })
}

function keysOf(kind: DocumentKind, names: readonly string[]): DocumentKey[] {
  return names.map((name) => ({ kind, name }))
}

/** @throws NarthexError `bad_data` */
function relabelling(kind: DocumentKind, names: readonly string[], flags: FlagReader): BulkEdit {
  const pairs = flags.list('set').map((pair) => {
    const at = pair.indexOf('=')
    if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)] as const
    throw new NarthexError('bad_data', `cannot use --set=${pair}: wanted label=value`)
  })
  const remove = flags.list('remove')
  if (pairs.length + remove.length === 0) {
    throw new NarthexError('bad_data', 'cannot relabel: wanted --set or --remove')
  }
  const set = Object.fromEntries(pairs)
  return { action: 'relabel', documents: keysOf(kind, names), set, remove }
}

function importing(kind: DocumentKind, file: string, flags: FlagReader): BulkEdit {
  const type = typeOf(flags.text('format'), file)
  return { action: 'import', kind, type, text: readInput(file), isWhole: flags.isOn('whole') }
}

/** @throws NarthexError `bad_data` */
function readValue(type: string, text: string): unknown {
  if (type === 'application/yaml') {
    const { root, faults } = parseYaml(text)
    const [fault] = faults
    if (fault === undefined) return root && toPlain(root)
    const { line, column } = fault.mark
    throw new NarthexError('bad_data', `cannot read YAML: ${line}:${column}: ${fault.message}`)
  }
  if (type === 'text/csv') {
    throw new NarthexError('bad_data', 'cannot put rows: wanted json or yaml; import takes csv')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NarthexError('bad_data', `cannot read JSON: ${(error as Error).message}`, error)
  }
}
