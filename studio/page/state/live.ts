import { type Signal, signal } from '@preact/signals'
import type { Change } from '../../api/index.ts'

export type What = Change['what']

/** Whether changes arrive at present. */
export const connected = signal(false)

const counters = new Map<string, Signal<number>>()

const counter = (run: string, what: What): Signal<number> => {
  const name = `${what} ${run}`
  const found = counters.get(name) ?? signal(0)
  counters.set(name, found)
  return found
}

/** A number that grows whenever this part of a run has changed. */
export const revision = (run: string, what: What): number => counter(run, what).value

/** Told of by the page itself, before the server does. */
export const changed = (run: string, what: What): void => {
  const count = counter(run, what)
  count.value = count.peek() + 1
}

/**
 * Listens to the server. What was read before it tells of changes counts as changed.
 *
 * @param ready called whenever it begins to tell of changes
 */
export const listen = (ready: () => void): void => {
  const source = new EventSource('/api/events')
  source.addEventListener('ready', () => {
    connected.value = true
    for (const count of counters.values()) count.value = count.peek() + 1
    ready()
  })
  source.addEventListener('error', () => {
    connected.value = false
    // The browser tries again by itself unless the server refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(ready), 3000)
  })
  source.addEventListener('change', (event) => {
    const { run, what } = JSON.parse(event.data) as Change
    changed(what === 'runs' ? '' : run, what)
  })
}
