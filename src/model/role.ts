/** What a caller may do: each role may do what the ones before it may. */

/** Look, change what is watched and shown, or everything. */
export type Role = 'viewer' | 'editor' | 'admin'

export const ROLES: readonly Role[] = ['viewer', 'editor', 'admin']

/** Whether `role` may do what needs `needed`. */
export function hasRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
