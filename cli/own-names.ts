import * as NodeServices from '@effect/platform-node/NodeServices'
import { Effect } from 'effect'
import { loadConfig, ownData } from '../pipelines/config.ts'

/**
 * Names of the datasets in the configuration: each is a subcommand of `eval`, so they are read before the flags. Empty if
 * the configuration cannot be read; the command that needs it reports why.
 */
export const ownNames: ReadonlyArray<string> = await Effect.runPromise(
  loadConfig().pipe(
    Effect.map((config) => ownData(config).map(({ name }) => name)),
    Effect.orElseSucceed(() => []),
    Effect.provide(NodeServices.layer),
  ),
)
