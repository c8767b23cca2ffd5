/** /api/v1/hub/favourites: the entries that who asks has marked. */
import { NarthexError } from '../../base/error.ts'
import type { CatalogueView } from '../../model/catalogue.ts'
import type { FavouriteRecords } from '../../model/favourites.ts'
import { ANYBODY, type Ask, type Reply } from '../../net/server/message.ts'
import { success } from '../api/envelope.ts'
import { change, type DescribedRoute, question } from '../openapi/operation.ts'
import { inEnvelope, listOf, record, text, truth } from '../openapi/schema.ts'

/** Most favourites of one user. */
export const FAVOURITES_MAX = 1000

const PATH = '/api/v1/hub/favourites'
const NO_CONTENT: Reply = { status: 204, type: '', body: '' }

export interface FavouriteDeps {
  readonly favourites: FavouriteRecords
  readonly catalogue: Pick<CatalogueView, 'entry'>
  /** ms since epoch */
  now(): number
}

/** Where favourites are looked at and marked. */
export function favouriteRoutes(deps: FavouriteDeps): DescribedRoute[] {
  return [
    question(
      PATH,
      {
        summary: 'Lists the entries that the user has marked; browsers keep those of others',
        answer: { schema: inEnvelope(record({ isPersonal: truth, entries: listOf(text) })) },
        failures: [503],
      },
      (ask) => handleFavourites(ask, deps),
    ),
    change(
      'PUT',
      `${PATH}/:name`,
      'viewer',
      { summary: 'Marks an entry for the user', failures: [403, 404, 422, 503] },
      (ask) => handleMark(ask, deps),
    ),
    change(
      'DELETE',
      `${PATH}/:name`,
      'viewer',
      { summary: 'Takes the mark of the user away', failures: [403, 503] },
      async (ask) => {
        await deps.favourites.removeFavourite(userOf(ask), nameOf(ask))
        return NO_CONTENT
      },
    ),
  ]
}

async function handleFavourites(ask: Ask, { favourites }: FavouriteDeps): Promise<Reply> {
  const { name } = ask.identity
  const isPersonal = name !== ANYBODY
  const entries = isPersonal ? await favourites.favourites(name) : []
  return { ...success({ isPersonal, entries }), headers: { 'cache-control': 'no-store' } }
}

async function handleMark(ask: Ask, deps: FavouriteDeps): Promise<Reply> {
  const { favourites, catalogue, now } = deps
  const user = userOf(ask)
  const name = nameOf(ask)
  if (catalogue.entry(name) === undefined) {
    const reason = 'there is none in the catalogue'
    throw new NarthexError('not_found', `cannot mark entry ${JSON.stringify(name)}: ${reason}`)
  }
  await favourites.addFavourite(user, name, now(), FAVOURITES_MAX)
  return NO_CONTENT
}

/** @throws NarthexError `forbidden` */
function userOf({ identity }: Ask): string {
  if (identity.name !== ANYBODY) return identity.name
  const wanted = 'wanted a user, a browser keeps its own'
  throw new NarthexError('forbidden', `cannot keep favourites of anybody: ${wanted}`)
}

function nameOf({ segments }: Ask): string {
  return segments.get('name') ?? ''
}
