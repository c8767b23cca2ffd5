/** The thread that reads files of documents and compares them: a large one takes seconds. */
import { serveJobs } from '../../base/thread.ts'
import { EDIT_JOBS } from './editjobs.ts'

serveJobs(EDIT_JOBS)
