import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { agents, type LookSettings } from '../../agents/index.ts'
import { InputError, type Json } from '../../core/index.ts'
import { readJson } from '../../files/index.ts'
import { difference } from '../../folds/index.ts'
import { anyProfile } from '../../models/index.ts'
import { parseSettings } from '../settings.ts'
import { type AgentCommand, agentFolder } from './plan.ts'

const storedSchema = z.object({ prompt: z.string(), settings: z.record(z.string(), z.json()) })

/** Refuses settings that an agent does not know or its folder was not begun with, as each fold would. */
export const checkSettings = Effect.fn('Pipelines.checkSettings')(function* ({
  agent,
  run,
  settings,
}: {
  readonly agent: AgentCommand
  readonly run: string
  readonly settings: { readonly [name: string]: unknown }
}) {
  const { command, settings: schema, promptVersion } = agents[agent]
  const path = join(agentFolder(run, agent), 'settings.json')
  const stored = yield* readJson(path, storedSchema)
  // What is not given is the profile's of the model, which only the folds load.
  const base = stored?.settings ?? agents[agent].defaults(anyProfile)
  const wanted = yield* parseSettings<LookSettings>(command, schema, { ...base, ...settings })
  if (stored === null) return
  const now = { prompt: promptVersion(wanted), settings: JSON.parse(JSON.stringify(wanted)) as Json }
  const changed = difference(stored as Json, now)
  if (changed !== null)
    return yield* new InputError({
      subject: path,
      problem: `this run folder was made with other settings: ${changed}`,
      remedy: 'use those settings or another --run',
    })
})
