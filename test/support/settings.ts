import type { Agent, LookSettings } from '../../agents/index.ts'
import { namedProfile } from '../../models/index.ts'

/** Settings of an agent for the shapes checkpoint. */
export const shapesSettings = <S extends LookSettings, E, C>(
  agent: Agent<S, E, C>,
  given: { readonly [name: string]: unknown } = {},
): S => agent.settings.parse({ ...agent.defaults(namedProfile('shapes-base')), ...given })
