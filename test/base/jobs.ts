/** A thread that does what tests want of one. */
import { NarthexError } from '../../src/base/error.ts'
import { serveJobs } from '../../src/base/thread.ts'

const JOBS = {
  double: (count: number): number => count * 2,
  refuse: (message: string): never => {
    throw new NarthexError('bad_data', message)
  },
  break: (message: string): never => {
    throw new Error(message)
  },
  end: (code: number): never => process.exit(code),
  fill: (): number => {
    const all: number[][] = []
    for (;;) all.push(Array.from({ length: 100_000 }, (_, i) => i + all.length))
  },
}

export type TestJobs = typeof JOBS

serveJobs(JOBS)
