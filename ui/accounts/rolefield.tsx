/** A choice among the roles, with what each means. */
import type { JSX } from 'preact'
import { ROLES, type Role } from '../../src/model/role.ts'

const MEANING: Readonly<Record<Role, string>> = {
  viewer: 'sees everything but accounts, and may ask for targets',
  editor: 'also changes targets, installations and content',
  admin: 'also changes sources and accounts, and reads the audit log',
}

interface RoleFieldProps {
  readonly role: Role
  /** Undefined where there is no choice. */
  readonly onRole: ((role: Role) => void) | undefined
}

export function RoleField({ role, onRole }: RoleFieldProps): JSX.Element {
  return (
    <label>
      Role
      <select
        class="field"
        value={role}
        disabled={onRole === undefined}
        onChange={({ currentTarget }) => {
          const chosen = ROLES.find((each) => each === currentTarget.value)
          if (chosen !== undefined) onRole?.(chosen)
        }}
      >
        {ROLES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      <small class="soft">{MEANING[role]}</small>
    </label>
  )
}

export function RoleBadge({ role }: { readonly role: Role }): JSX.Element {
  return <span class={role === 'admin' ? 'badge warn' : 'badge'}>{role}</span>
}
