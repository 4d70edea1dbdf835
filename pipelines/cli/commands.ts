import { Console, Effect } from 'effect'
import { Command, Flag } from 'effect/cli'
import { InputError } from '../../core/index.ts'

const x = Command.make(
  'bra',
  { dataset: Flag.String('dataset') },
  Effect.fn(function* ({ dataset }) {
    yield* Console.log(dataset)
    return yield* new InputError({ subject: 'a', problem: 'b', remedy: 'c' })
  }),
)
export const commands = [x] as const
