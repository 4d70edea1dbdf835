import * as NodeServices from '@effect/platform-node/NodeServices'
import { Effect } from 'effect'
import { loadConfig, ownData } from '../pipelines/config.ts'

/**
 * Names of the user's own data: each is a subcommand of `eval`, so they are known before flags are read. None where the
 * configuration cannot be read; the command that needs it says why.
 */
export const ownNames: ReadonlyArray<string> = await Effect.runPromise(
  loadConfig().pipe(
    Effect.map((config) => ownData(config).map(({ name }) => name)),
    Effect.orElseSucceed(() => []),
    Effect.provide(NodeServices.layer),
  ),
)
