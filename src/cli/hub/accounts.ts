/** `narthex hub users` and `narthex hub tokens`: who may come in at the hubs of a database. */
import { NarthexError } from '../../base/error.ts'
import type { UserAccount } from '../../model/accounts.ts'
import { ADMITTING_FLAGS } from '../admittingflags.ts'
import type { Flag } from '../flags.ts'
import type { FlagReader } from '../sharedflags.ts'
import { type Deed, withAccounts } from './accountsplace.ts'
import { readInput } from './files.ts'
import { callerName } from './recordsplace.ts'
import { REGISTRY_PLACE } from './registryflags.ts'
import type { ToolAccounts } from './remoteaccounts.ts'
import type { HubTool, ToolOutcome } from './tool.ts'
import { columns, timeText } from './words.ts'

const PLACE: readonly Flag[] = [...REGISTRY_PLACE, ...ADMITTING_FLAGS]

const ROLE: Flag = { name: 'role', value: 'word', help: 'viewer, editor or admin' }

const PASSWORD: Flag = {
  name: 'password-file',
  value: 'file',
  help: 'where the password is; - for standard input',
}

export const USER_TOOLS: readonly HubTool[] = [
  {
    spec: {
      name: 'narthex hub users list',
      summary: 'Lists the users of the records.',
      flags: PLACE,
    },
    run: listUsers,
  },
  {
    spec: {
      name: 'narthex hub users add',
      summary:
        'Adds a user, who logs in with a password from a file or from standard input. The first ' +
        'one has to be an admin, and makes logging in necessary.',
      arguments: '<name>',
      flags: [{ ...ROLE, preset: 'viewer' }, { ...PASSWORD, preset: '-' }, ...PLACE],
    },
    run: addUser,
  },
  {
    spec: {
      name: 'narthex hub users change',
      summary: 'Gives a user another role or another password, which ends the sessions.',
      arguments: '<name>',
      flags: [ROLE, PASSWORD, ...PLACE],
    },
    run: changeUser,
  },
  {
    spec: {
      name: 'narthex hub users remove',
      summary: 'Removes users, and ends their sessions.',
      arguments: '<names...>',
      flags: PLACE,
    },
    run: (flags, names) =>
      removeAll('narthex hub users remove', flags, names, (accounts, name) =>
        accounts.removeUser(name),
      ),
  },
]

export const TOKEN_TOOLS: readonly HubTool[] = [
  {
    spec: {
      name: 'narthex hub tokens list',
      summary: 'Lists the tokens of the records, and when each was last used.',
      flags: PLACE,
    },
    run: listTokens,
  },
  {
    spec: {
      name: 'narthex hub tokens add',
      summary: 'Adds a token for a program, and prints it, this once.',
      arguments: '<name>',
      flags: [
        { ...ROLE, preset: 'viewer' },
        {
          name: 'expires',
          value: 'duration',
          help: 'how long it lasts, such as 90d; for good when absent',
        },
        ...PLACE,
      ],
    },
    run: addToken,
  },
  {
    spec: {
      name: 'narthex hub tokens revoke',
      summary: 'Revokes tokens: all hubs of the database refuse them within a second.',
      arguments: '<names...>',
      flags: PLACE,
    },
    run: (flags, names) =>
      removeAll('narthex hub tokens revoke', flags, names, (accounts, name) =>
        accounts.removeToken(name),
      ),
  },
]

async function listUsers(flags: FlagReader): Promise<ToolOutcome> {
  const users = await withAccounts(flags, undefined, (accounts) => accounts.users())
  const rows = users.map(({ name, role, changedMs, changedBy }) => [
    ...[name, role, `changed ${timeText(changedMs)} by ${changedBy}`],
  ])
  return { lines: columns(rows) }
}

async function addUser(flags: FlagReader, [name]: readonly string[]): Promise<ToolOutcome> {
  const role = flags.text('role')
  const password = readPassword(flags.text('password-file'))
  const deed = { action: 'narthex hub users add', object: name, isFirst: true }
  await withAccounts(flags, deed, async (accounts) => {
    if ((await findUser(accounts, name)) !== undefined) {
      throw new NarthexError('conflict', `cannot add user ${name}: it is there already`)
    }
    await accounts.putUser(name, { role, password }, callerName())
  })
  return { lines: [`${name} may log in as ${role}`] }
}

async function changeUser(flags: FlagReader, [name]: readonly string[]): Promise<ToolOutcome> {
  const [wantedRole, file] = [flags.text('role'), flags.text('password-file')]
  if (wantedRole === '' && file === '') {
    throw new NarthexError('bad_data', 'cannot change user: wanted --role or --password-file')
  }
  const password = file === '' ? {} : { password: readPassword(file) }
  const deed = { action: 'narthex hub users change', object: name }
  return await withAccounts(flags, deed, async (accounts) => {
    const user = await findUser(accounts, name)
    if (user === undefined) throw new NarthexError('not_found', `cannot find user ${name}`)
    const role = wantedRole === '' ? user.role : wantedRole
    await accounts.putUser(name, { role, ...password }, callerName())
    return { lines: [`${name} may log in as ${role}`] }
  })
}

async function listTokens(flags: FlagReader): Promise<ToolOutcome> {
  const tokens = await withAccounts(flags, undefined, (accounts) => accounts.tokens())
  const rows = tokens.map(({ name, role, usedMs, usedFrom, expiresMs }) => [
    ...[name, role],
    usedMs === 0 ? 'never used' : `used ${timeText(usedMs)} from ${usedFrom}`,
    expiresMs === 0 ? '' : `ends ${timeText(expiresMs)}`,
  ])
  return { lines: columns(rows) }
}

/** The token alone is printed, for scripts. */
async function addToken(flags: FlagReader, [name]: readonly string[]): Promise<ToolOutcome> {
  const wish = { role: flags.text('role'), expires: flags.text('expires') }
  const deed = { action: 'narthex hub tokens add', object: name }
  const { token } = await withAccounts(flags, deed, (accounts) =>
    accounts.addToken(name, wish, callerName()),
  )
  return { lines: [token] }
}

async function removeAll(
  action: string,
  flags: FlagReader,
  names: readonly string[],
  remove: (accounts: ToolAccounts, name: string) => Promise<void>,
): Promise<ToolOutcome> {
  const lines: string[] = []
  for (const name of names) {
    const deed: Deed = { action, object: name }
    await withAccounts(flags, deed, (accounts) => remove(accounts, name))
    lines.push(`${name} is gone`)
  }
  return { lines }
}

async function findUser(accounts: ToolAccounts, name: string): Promise<UserAccount | undefined> {
  const wanted = name.normalize('NFC')
  return (await accounts.users()).find((user) => user.name === wanted)
}

/** Without the end of the line that editors and `echo` leave. */
function readPassword(file: string): string {
  return readInput(file).replace(/\r?\n$/, '')
}
