import type { Family } from '../family.ts'
import { named, namedThinking } from '../family.ts'
import { general } from './general.ts'

/** InternVL: tiles of 448 x 448 pixels, 256 tokens each; one tile a frame, as its video recipe has it. */
export const internVl: Family = {
  name: 'internvl',
  matches: (facts) => named(facts, /intern[-_]?vl/i) || /^internvl/.test(facts.architecture ?? ''),
  profile: (facts) => ({
    ...general(facts),
    reasoning: namedThinking(facts) ? 'always' : 'none',
  }),
}

/** OpenAI's models: pictures up to 768 pixels on their short side; GPT-5 and the o series always reason. */
export const gpt: Family = {
  name: 'gpt',
  matches: (facts) => named(facts, /(?:^|\/)(?:gpt-?\d|chatgpt|o\d(?![a-z\d]))/i),
  profile: (facts) => ({
    ...general(facts),
    reasoning: named(facts, /gpt-?(?:[5-9]|1\d(?!\d))(?!.*chat)|(?:^|\/)o\d(?![a-z\d])/i) ? 'always' : 'none',
  }),
}

/** Google's Gemini: 258 tokens a picture; from 2.5 on it always reasons. */
export const gemini: Family = {
  name: 'gemini',
  matches: (facts) => named(facts, /gemini/i),
  profile: (facts) => ({
    ...general(facts),
    reasoning: named(facts, /gemini-(1|2\.0)/i) ? 'none' : 'always',
  }),
}
