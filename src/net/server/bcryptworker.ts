/** The thread that compares passwords with bcrypt hashes: one takes tens of ms of plain counting. */
import bcrypt from 'bcryptjs'
import { serveJobs } from '../../base/thread.ts'

const JOBS = {
  /** Whether the two belong together. */
  compare({ password, hash }: { readonly password: string; readonly hash: string }): boolean {
    return bcrypt.compareSync(password, hash)
  },
}

export type PasswordJobs = typeof JOBS

serveJobs(JOBS)
