import { signal } from '@preact/signals'
import type { Decide, Decided, Decisions } from '../../api/index.ts'
import { path, post, Refused } from './api.ts'
import { type Fetched, useFetched } from './fetched.ts'
import { changed, revision } from './live.ts'
import { reviewer } from './settings.ts'

/** What became of the latest decision, for people. */
export const told = signal<{ readonly text: string; readonly bad: boolean } | null>(null)

const tell = (text: string, bad = false) => {
  told.value = { text, bad }
}

/** Every reviewer's decision about one sample, and how reviewers agree over all of them. */
export const useDecisions = (run: string, key: string): Fetched<Decisions> =>
  useFetched<Decisions>(path(['runs', run, 'decisions'], { key }), revision(run, 'decisions'))

const words: { readonly [Kind in Decide['decision']]: string } = {
  accept: 'accepted',
  reject: 'rejected',
  repair: 'repaired',
  note: 'noted',
}

/** Requests under way, by the sample that they are about; those about any sample have none. */
const underWay = new Set<{ readonly key: string | null; readonly done: Promise<unknown> }>()

/** Runs a request once those before it that concern the same sample are answered: the server keeps the order of arrival. */
const inTurn = async <A>(key: string | null, ask: () => Promise<A>): Promise<A> => {
  const before = [...underWay].filter((one) => key === null || one.key === null || one.key === key)
  const done = before.length === 0 ? ask() : Promise.all(before.map((one) => one.done)).then(ask)
  const entry = { key, done: done.catch(() => undefined) }
  underWay.add(entry)
  return done.finally(() => underWay.delete(entry))
}

const send = async <A>(
  run: string,
  key: string | null,
  what: 'decisions' | 'undo',
  body: unknown,
): Promise<A | null> => {
  if (reviewer.peek() === '') {
    tell('not saved: say who you are first, by the button at the top', true)
    return null
  }
  try {
    const answer = await inTurn(key, () => post<A>(path(['runs', run, what]), body))
    changed(run, 'decisions')
    return answer
  } catch (cause) {
    const sentence = cause instanceof Refused ? cause.message : String(cause)
    tell(`not saved: ${sentence}`, true)
    return null
  }
}

/** Appends a decision to the reviewer's log; null where it was refused, which `told` says. */
export const decide = async (
  run: string,
  sample: { readonly key: string; readonly sample: string },
  decision: Omit<Decide, 'reviewer' | 'key'>,
): Promise<Decided | null> => {
  const body: Decide = { reviewer: reviewer.peek(), key: sample.key, ...decision }
  const answer = await send<Decided>(run, sample.key, 'decisions', body)
  if (answer !== null) tell(`${sample.sample} ${words[decision.decision]}`)
  return answer
}

/** Takes back the reviewer's latest decision; gives its sample, null where there was none. */
export const undo = async (run: string): Promise<string | null> => {
  const answer = await send<Decided>(run, null, 'undo', { reviewer: reviewer.peek() })
  if (answer === null) return null
  tell(answer.key === null ? 'nothing left to undo' : 'undone')
  return answer.key
}
