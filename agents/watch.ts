import { Effect } from 'effect'
import { countReply, noReplies, shareWarning } from '../tasks/index.ts'
import type { Agent, LookSettings } from './agent.ts'

/** The same agent, which warns once when more of its replies than is usual cannot be read. */
export const watchReplies = <S extends LookSettings, E, C, R>(
  agent: Agent<S, E, C, R>,
): Agent<S, E, C, R> => {
  let share = noReplies
  let warned = false
  return {
    ...agent,
    investigate: (...asked) =>
      agent.investigate(...asked).pipe(
        Effect.tap((evidence) => {
          for (const { reply, reading } of agent.readings(evidence)) share = countReply(share, reply, reading)
          const warning = warned ? null : shareWarning(share)
          if (warning === null) return Effect.void
          warned = true
          return Effect.logWarning(`${agent.command}: ${warning}`)
        }),
      ),
  }
}
