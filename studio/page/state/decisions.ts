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

const send = async <A>(run: string, what: 'decisions' | 'undo', body: unknown): Promise<A | null> => {
  if (reviewer.peek() === '') {
    tell('not saved: say who you are first, by the button at the top', true)
    return null
  }
  try {
    const answer = await post<A>(path(['runs', run, what]), body)
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
  const answer = await send<Decided>(run, 'decisions', body)
  if (answer !== null) tell(`${sample.sample} ${words[decision.decision]}`)
  return answer
}

/** Takes back the reviewer's latest decision; gives its sample, null where there was none. */
export const undo = async (run: string): Promise<string | null> => {
  const answer = await send<Decided>(run, 'undo', { reviewer: reviewer.peek() })
  if (answer === null) return null
  tell(answer.key === null ? 'nothing left to undo' : 'undone')
  return answer.key
}
