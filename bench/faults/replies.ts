/**
 * Replies made of those that models write, changed at random, and bodies of servers, damaged at random: each reply is
 * read as one of the three outcomes, each body gives replies or is refused by name, and nothing throws.
 *
 *     node bench/faults/replies.ts [--replies 1000000] [--bodies 100000] [--seed 0]
 */
import { parseArgs } from 'node:util'
import { random } from '../../core/index.ts'
import { BadReply, readReply as readBody } from '../../models/openai/reply.ts'
import { readers, readReply } from '../../tasks/index.ts'
import { everyReading, mutate, mutateText } from '../../test/tasks/replies/mutate.ts'
import { bodies } from './bodies.ts'

const { values } = parseArgs({
  options: {
    replies: { type: 'string', default: '1000000' },
    bodies: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '0' },
  },
})

/** Runs `work` so many times and prints how long it took and what came of it. */
const measure = (name: string, count: number, work: () => string): void => {
  const outcomes = new Map<string, number>()
  let longest = 0
  const cpu = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const from = performance.now()
    const outcome = work()
    longest = Math.max(longest, performance.now() - from)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const { user, system } = process.cpuUsage(cpu)
  console.log(
    `${count} ${name}: ${((user + system) / 1e6).toFixed(0)} s of processor time, the slowest ${longest.toFixed(0)} ms, none threw`,
  )
  for (const [outcome, times] of [...outcomes].sort((a, b) => b[1] - a[1]))
    console.log(`  ${((100 * times) / count).toFixed(1).padStart(5)} %  ${outcome}`)
}

const draw = random(Number(values.seed), 'bench replies')
measure(`replies, each read as every task by ${readers.length} readers`, Number(values.replies), () => {
  const reply = mutate(draw)
  everyReading(reply)
  const reading = readReply({ task: 'grounding' }, reply)
  return reading.kind === 'unreadable' ? reading.why : reading.kind
})

const texts = bodies.map((body) => JSON.stringify(body))
measure('bodies', Number(values.bodies), () => {
  const body = readBody(mutateText(draw, texts), 1)
  if (body instanceof BadReply) return `refused: ${body.kind}`
  for (const reply of body.replies) everyReading(reply)
  return 'replies'
})
