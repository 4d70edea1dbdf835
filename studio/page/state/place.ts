import { signal } from '@preact/signals'
import { type Place, readPlace, writePlace } from '../logic/place.ts'

/** What the page shows; its address says the same. Changed by `go` and `adjust` only. */
export const place = signal<Place>(readPlace(location.search))

const address = (shown: Place): string => {
  const query = writePlace(shown)
  return `${location.pathname}${query === '' ? '' : `?${query}`}`
}

let pending: ReturnType<typeof setTimeout> | null = null

const settle = () => {
  if (pending !== null) clearTimeout(pending)
  pending = null
  history.replaceState(null, '', address(place.peek()))
}

/** Goes elsewhere: the browser's Back leads here again. */
export const go = (change: Partial<Place>): void => {
  if (pending !== null) settle()
  const next = { ...place.peek(), ...change }
  if (address(next) === address(place.peek())) return
  place.value = next
  history.pushState(null, '', address(next))
}

/** Changes what is shown at this place (time, zoom, a word more in a filter). Browsers limit how often that is written. */
export const adjust = (change: Partial<Place>): void => {
  place.value = { ...place.peek(), ...change }
  pending ??= setTimeout(settle, 150)
}

addEventListener('popstate', () => {
  if (pending !== null) clearTimeout(pending)
  pending = null
  place.value = readPlace(location.search)
})

/** The address of another place, for links. */
export const linkTo = (change: Partial<Place>): string => address({ ...place.value, ...change })
