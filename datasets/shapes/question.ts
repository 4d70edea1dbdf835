import { letter, type Random, type Window } from '../../core/index.ts'
import { cyclesOf } from './cycles.ts'
import { type Event, matchesActor, matchesPhase, nameOf, type Query, type Who, windowsOf } from './query.ts'
import { type Actor, colours, type Scene, shapes } from './scene.ts'

/** The tasks of the world, in the order of its files. */
export const worldTasks = ['grounding', 'grounded-qa', 'choice', 'counting'] as const

/** A question about a scene that has exactly one right answer. */
export interface Question {
  readonly task: Exclude<(typeof worldTasks)[number], 'grounding'>
  readonly text: string
  /** Of `choice` and `grounded-qa`, in the order asked. */
  readonly options?: ReadonlyArray<string>
  /** The option's letter, or the count in decimal digits. */
  readonly answer: string
  /** The seconds that show the answer; every grounded question has some. */
  readonly windows?: ReadonlyArray<Window>
  /** Of `counting`, where what is counted happens in time: the seconds of each repetition, in order. */
  readonly cycles?: ReadonlyArray<Window>
}

const present = (actor: Actor): boolean => actor.phases.some(({ kind }) => kind !== 'absent')

/** Events that are counted, and how the question names them: the first two by cycle, the others by occurrence. */
const counted: ReadonlyArray<readonly [Event, string]> = [
  ['bounces', 'bounce'],
  ['blinks', 'blink'],
  ['enters', 'slide in'],
  ['leaves', 'slide out'],
  ['left', 'move left'],
  ['right', 'move right'],
  ['up', 'move up'],
  ['down', 'move down'],
]

/** How often a shape does something, with each time that it does. */
export const repetitionQuestion = (scene: Scene, who: Who, event: Event): Question => {
  const cycles = cyclesOf(scene, who, event)
  const words = counted.find(([one]) => one === event)?.[1] ?? event
  const text = `How many times does the ${nameOf(who)} ${words}?`
  return { task: 'counting', text, answer: String(cycles.length), cycles }
}

/**
 * Every counting question of the scene: hops and blinks of each shape, how often it slides or moves some way, how many
 * shapes of a colour, of a form, and in all appear. Zero is a possible answer.
 */
export const countingQuestions = (scene: Scene): ReadonlyArray<Question> => {
  const ask = (text: string, count: number): Question => ({ task: 'counting', text, answer: String(count) })
  const shown = scene.actors.filter(present)
  const count = (who: Who) => shown.filter((actor) => matchesActor(who, actor)).length
  return [
    ...shown.flatMap(({ colour, shape }) =>
      counted.map(([event]) => repetitionQuestion(scene, { colour, shape }, event)),
    ),
    ...colours
      .filter((colour) => count({ colour }) > 0)
      .map((colour) => ask(`How many ${colour} shapes appear?`, count({ colour }))),
    ...shapes
      .filter((shape) => count({ shape }) > 0)
      .map((shape) => ask(`How many ${plural(shape)} appear?`, count({ shape }))),
    ask('How many shapes appear in all?', shown.length),
  ]
}

const plural = (word: string): string => (word.endsWith('s') ? `${word}es` : `${word}s`)

/** What a shape may do, as options of a question. */
const deeds: ReadonlyArray<readonly [Event, string]> = [
  ['blinks', 'blink'],
  ['bounces', 'bounce'],
  ['enters', 'slide in'],
  ['leaves', 'slide out'],
  ['left', 'move left'],
  ['right', 'move right'],
  ['up', 'move up'],
  ['down', 'move down'],
]

/** A question with four options of which the first is correct, before its options are shuffled. */
interface Draft {
  readonly text: string
  readonly right: string
  readonly wrong: ReadonlyArray<string>
  readonly query: Pick<Query, 'who' | 'event'> | null
}

const does = (actor: Actor, event: Event): boolean => actor.phases.some((phase) => matchesPhase(event, phase))

const choiceDrafts = (scene: Scene, random: Random): ReadonlyArray<Draft> => {
  const shown = scene.actors.filter(present)
  const names = shown.map((actor) => nameOf({ colour: actor.colour, shape: actor.shape }))
  const others = random
    .shuffle(colours.flatMap((colour) => shapes.map((shape) => nameOf({ colour, shape }))))
    .filter((name) => !names.includes(name))
  const drafts: Array<Draft> = []
  for (const [event, words] of deeds) {
    const doing = shown.filter((actor) => does(actor, event))
    const [only] = doing
    if (doing.length !== 1 || only === undefined) continue
    const who = { colour: only.colour, shape: only.shape }
    const right = nameOf(who)
    const wrong = [...random.shuffle(names.filter((name) => name !== right)), ...others].slice(0, 3)
    drafts.push({ text: `Which shape does this: ${words}?`, right, wrong, query: { who, event } })
  }
  for (const actor of shown) {
    const who = { colour: actor.colour, shape: actor.shape }
    const done = deeds.filter(([event]) => does(actor, event))
    const undone = deeds.filter(([event]) => !does(actor, event))
    if (done.length > 0 && undone.length >= 3) {
      const [event, right] = random.pick(done)
      const wrong = random.shuffle(undone.map(([, words]) => words)).slice(0, 3)
      drafts.push({ text: `What does the ${nameOf(who)} do?`, right, wrong, query: { who, event } })
    }
    if (shown.filter(({ shape }) => shape === actor.shape).length === 1) {
      const wrong = random.shuffle(colours.filter((colour) => colour !== actor.colour)).slice(0, 3)
      drafts.push({
        text: `Which colour has the ${actor.shape}?`,
        right: actor.colour,
        wrong,
        query: null,
      })
    }
  }
  return drafts
}

const posed = (
  random: Random,
  scene: Scene,
  { text, right, wrong, query }: Draft,
  grounded: boolean,
): Question => {
  const options = random.shuffle([right, ...wrong])
  const answer = letter(options.indexOf(right))
  return grounded && query !== null
    ? { task: 'grounded-qa', text, options, answer, windows: windowsOf(scene, query) }
    : { task: 'choice', text, options, answer }
}

/** Every multiple-choice question of the scene, four options each in random order. */
export const choiceQuestions = (scene: Scene, random: Random): ReadonlyArray<Question> =>
  choiceDrafts(scene, random).map((draft) => posed(random, scene, draft, false))

/** Every multiple-choice question whose answer happens at certain times, with those times. */
export const groundedQuestions = (scene: Scene, random: Random): ReadonlyArray<Question> =>
  choiceDrafts(scene, random)
    .filter(({ query }) => query !== null)
    .map((draft) => posed(random, scene, draft, true))
