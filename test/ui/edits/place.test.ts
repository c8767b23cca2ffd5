/** Which file is edited or compared is a link. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FilePlace, formatPlace, parsePlace } from '../../../ui/edits/place.ts'

const PLACES: readonly (readonly [FilePlace, string])[] = [
  [{ view: 'read' }, 'tab=rules'],
  [{ view: 'edit', file: 'alerts.yaml' }, 'tab=rules&edit=alerts.yaml'],
  [{ view: 'versions', file: 'README.md', from: '', to: '' }, 'tab=rules&versions=README.md'],
  [
    { view: 'versions', file: 'README.md', from: 'base', to: 'c0ffee' },
    'tab=rules&versions=README.md&from=base&to=c0ffee',
  ],
]

for (const [place, search] of PLACES) {
  test(`${search} and back`, () => {
    assert.equal(formatPlace('rules', place), search)
    assert.deepEqual(parsePlace(`?${search}`), place)
  })
}

test('a link to a file that no entry has shows the entry', () => {
  for (const search of ['edit=../x', 'versions=passwd', 'edit=', 'from=a&to=b', '']) {
    assert.deepEqual(parsePlace(search), { view: 'read' })
  }
})
