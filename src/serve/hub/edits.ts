/** /api/v1/hub/entries/:name/files and /versions: content changed by people, and what it was before. */
import { NarthexError } from '../../base/error.ts'
import type {
  EditConflict,
  EditOutcome,
  EditPlace,
  EditSign,
  EditsView,
  FileProblem,
} from '../../model/edits.ts'
import { hasRole } from '../../model/role.ts'
import { ANYBODY, type Ask, type Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { answering, change, type DescribedRoute, question, TAG } from '../openapi/operation.ts'
import { inEnvelope, listOf, optional, record, text, truth } from '../openapi/schema.ts'
import {
  EDITED_FILE,
  FILE_PROBLEM,
  FILE_VERSION,
  SAVED_VERSION,
  VERSION_TEXT,
} from './editschema.ts'
import { parseBody } from './taking.ts'

const FILE = '/api/v1/hub/entries/:name/files/:file'
const VERSIONS = '/api/v1/hub/entries/:name/versions'
const OF_FILE = { file: { means: 'such as alerts.yaml', isRequired: true } } as const
const SEEN = { 'if-match': 'ETag of the text that the change began with' } as const
const JSON_TYPE = 'application/json'

/** Where content is changed. */
export function editRoutes(edits: EditsView): DescribedRoute[] {
  return [
    question(
      '/api/v1/hub/edits',
      answering(
        inEnvelope(record({ reason: text, origin: text, isAllowed: truth })),
        'Tells whether content can be changed here, and whether the user may',
      ),
      async ({ identity }) =>
        success({ ...(await edits.state()), isAllowed: hasRole(identity.role, 'admin') }),
    ),
    question(
      FILE,
      {
        summary: 'Gives a file of an entry as it was written',
        answer: { schema: inEnvelope(EDITED_FILE), headers: TAG },
        failures: [404],
      },
      (ask) => handleFile(ask, edits),
    ),
    change(
      'PUT',
      FILE,
      'admin',
      {
        summary: 'Commits a text as a file of an entry; a refusal names every line that is wrong',
        headers: { ...SEEN, 'if-none-match': '* for a file that is not there yet' },
        body: { [JSON_TYPE]: optional(record({ text }), { summary: text }) },
        answer: { schema: inEnvelope(SAVED_VERSION), headers: TAG },
        failures: [400, 403, 404, 409, 422],
      },
      (ask) => handleSave(ask, edits),
    ),
    change(
      'DELETE',
      FILE,
      'admin',
      {
        summary: 'Takes the edit of a file back, so that what it stood in the place of is shown',
        query: { summary: 'why' },
        headers: SEEN,
        answer: { schema: inEnvelope(SAVED_VERSION), headers: TAG },
        failures: [400, 403, 404, 409],
      },
      (ask) => handleTakeBack(ask, edits),
    ),
    change(
      'POST',
      `${FILE}/check`,
      'admin',
      {
        summary: 'Tells what is wrong with a text, and saves nothing',
        body: { [JSON_TYPE]: record({ text }) },
        answer: { schema: inEnvelope(record({ problems: listOf(FILE_PROBLEM) })) },
        failures: [400, 404],
      },
      (ask) => handleCheck(ask, edits),
    ),
    question(
      VERSIONS,
      {
        summary: 'Lists what a file of an entry was, the newest first',
        query: OF_FILE,
        answer: { schema: inEnvelope(record({ versions: listOf(FILE_VERSION) })) },
        failures: [404],
      },
      async (ask) => success({ versions: await edits.versions(entryOf(ask), fileParam(ask)) }),
    ),
    question(
      `${VERSIONS}/:id`,
      {
        summary: 'Gives a version of a file with its text',
        query: OF_FILE,
        answer: { schema: inEnvelope(VERSION_TEXT) },
        failures: [404],
      },
      async (ask) => {
        const id = ask.segments.get('id') ?? ''
        return success(await edits.version(entryOf(ask), fileParam(ask), id))
      },
    ),
  ]
}

async function handleFile(ask: Ask, edits: EditsView): Promise<Reply> {
  const file = await edits.file(entryOf(ask), ask.segments.get('file') ?? '')
  return tagged(success(file), file.tag)
}

async function handleSave(ask: Ask, edits: EditsView): Promise<Reply> {
  const { text, summary } = bodyOf(ask)
  return replyOf(ask, await edits.save(placeOf(ask), text, signOf(ask, summary)))
}

async function handleTakeBack(ask: Ask, edits: EditsView): Promise<Reply> {
  const sign = signOf(ask, ask.params.get('summary') ?? '')
  return replyOf(ask, await edits.takeBack(placeOf(ask), sign))
}

function handleCheck(ask: Ask, edits: EditsView): Reply {
  const file = ask.segments.get('file') ?? ''
  return success({ problems: edits.check(entryOf(ask), file, bodyOf(ask).text) })
}

function replyOf(ask: Ask, outcome: EditOutcome): Reply {
  const what = `${entryOf(ask)}/${ask.segments.get('file')}`
  if ('problems' in outcome) return refusal(what, outcome.problems)
  if ('conflict' in outcome) return conflict(what, outcome.conflict)
  return tagged(success(outcome.saved), outcome.saved.tag)
}

/** 422 with every problem. */
function refusal(what: string, problems: readonly FileProblem[]): Reply {
  const [first] = problems.filter(({ isFault }) => isFault)
  const error = `cannot save ${what}: ${first.line}:${first.column}: ${first.message}`
  const told = problems.map(({ message, ...place }) => ({
    ...{ index: -1, field: '', reason: message, ...place },
  }))
  const body = { status: 'error', errorType: 'bad_data', error, problems: told }
  return { status: 422, type: JSON_TYPE, body: JSON.stringify(body) }
}

/** 409 with what somebody else has made of it. */
function conflict(what: string, { theirs }: EditConflict): Reply {
  const who = theirs === undefined || theirs.by === '' ? 'it' : `${theirs.by} has changed it, it`
  const error = `cannot save ${what}: ${who} is not what you began with any more`
  const body = { status: 'error', errorType: 'conflict', error, theirs: theirs ?? null }
  return { status: 409, type: JSON_TYPE, body: JSON.stringify(body) }
}

function tagged(reply: Reply, tag: string): Reply {
  const headers = { 'cache-control': 'no-cache', ...(tag === '' ? {} : { etag: `"${tag}"` }) }
  return { ...reply, headers }
}

function entryOf({ segments }: Ask): string {
  return segments.get('name') ?? ''
}

function fileParam({ params }: Ask): string {
  return params.get('file') ?? ''
}

/** @throws NarthexError `bad_data` for who does not say what he has seen */
function placeOf(ask: Ask): EditPlace {
  const place = { entry: entryOf(ask), file: ask.segments.get('file') ?? '' }
  if (ask.header('if-none-match') === '*') return { ...place, seenTag: '' }
  const seenTag = /^"([\w-]{1,64})"$/.exec(ask.header('if-match') ?? '')?.[1]
  if (seenTag !== undefined) return { ...place, seenTag }
  const wanted = 'If-Match with the ETag of the file, or If-None-Match: * for a new one'
  throw new NarthexError('bad_data', `cannot change ${place.file}: wanted ${wanted}`)
}

function signOf({ identity, address }: Ask, summary: string): EditSign {
  const author = identity.name === ANYBODY ? `${ANYBODY} at ${address}` : identity.name
  return { author, summary }
}

/** @throws NarthexError `bad_data` */
function bodyOf({ body }: Ask): { readonly text: string; readonly summary: string } {
  const { text, summary = '' } = (parseBody(body) ?? {}) as Readonly<Record<string, unknown>>
  if (typeof text === 'string' && typeof summary === 'string') return { text, summary }
  throw new NarthexError('bad_data', 'cannot read the change: wanted {"text", "summary"}')
}
