/** Figures of one run by step. */
export interface Curve {
  readonly steps: ReadonlyArray<number>
  readonly values: ReadonlyArray<number | null>
}

/** Curves over the union of their steps: first the steps, then one list a curve with null where it has no value. */
export const aligned = (curves: ReadonlyArray<Curve>): [Array<number>, ...Array<Array<number | null>>] => {
  const steps = [...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b)
  const at = new Map(steps.map((step, i) => [step, i]))
  const lists = curves.map(({ steps: own, values }) => {
    const list = new Array<number | null>(steps.length).fill(null)
    for (const [i, step] of own.entries()) list[at.get(step)!] = values[i] ?? null
    return list
  })
  return [steps, ...lists]
}

/** Figures that belong together, in the order of the page. */
export interface Topic {
  readonly title: string
  readonly holds: (name: string) => boolean
}

const oneOf =
  (...names: ReadonlyArray<string>) =>
  (name: string) =>
    names.includes(name)
const below = (family: string) => (name: string) => name.startsWith(`${family}.`)

export const topics: ReadonlyArray<Topic> = [
  { title: 'Reward', holds: oneOf('reward', 'spread') },
  { title: 'Parts of the reward', holds: below('rewards') },
  { title: 'IoU and readable replies', holds: oneOf('iou', 'parsed', 'unreadable') },
  { title: 'Constant groups', holds: oneOf('constant', 'constant_before') },
  { title: 'Entropy', holds: oneOf('entropy', 'surprisal') },
  { title: 'KL and clipping', holds: oneOf('kl', 'clip_low', 'clip_high') },
  { title: 'Length of replies', holds: below('length') },
  { title: 'Mask', holds: below('mask') },
  { title: 'Loss and gradient', holds: oneOf('loss', 'grad_norm') },
  { title: 'Learning rate', holds: oneOf('learning_rate') },
  { title: 'Seconds by phase', holds: below('seconds') },
]

/** The figures of each topic; what belongs to none comes last, each by itself. */
export const byTopic = (
  names: ReadonlyArray<string>,
): ReadonlyArray<readonly [title: string, names: ReadonlyArray<string>]> => {
  const known = topics.map(({ title, holds }) => [title, names.filter(holds)] as const)
  const rest = names.filter((name) => !topics.some(({ holds }) => holds(name)))
  return [...known.filter(([, own]) => own.length > 0), ...rest.map((name) => [name, [name]] as const)]
}
