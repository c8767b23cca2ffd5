/** How the health of a destination looks. */
import type { Health } from './destination.ts'

export const LOOKS: Readonly<Record<Health, 'good' | 'warn' | 'plain'>> = {
  idle: 'plain',
  sending: 'good',
  retrying: 'warn',
}
