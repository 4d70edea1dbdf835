import type { Family } from '../family.ts'
import { named } from '../family.ts'

/**
 * The included checkpoint for the shapes dataset and those trained from it: the settings it was trained with
 * (`lab/pretrain`), the only ones it supports.
 */
export const shapes: Family = {
  name: 'shapes-base',
  matches: (facts) => named(facts, /shapes-base/i),
  profile: () => ({
    view: {
      fps: 2,
      frames: 32,
      minFrames: 1,
      maxPixels: 4096,
      minImagePixels: 1,
      visionTokens: 3584,
      factor: 32,
      framesPerToken: 2,
    },
    dialect: 'shapes',
    reasoning: 'none',
    replyTokens: { grounding: 64, 'grounded-qa': 64, choice: 64, counting: 64, verification: 8 },
    thinkingTokens: 256,
    sampling: { temperature: 1, topP: 1, topK: 0 },
    // 3e-4 was unstable in GRPO.
    learningRate: { sft: 1e-4, grpo: 5e-5 },
    timestamps: 'text',
    limits: 'clip',
    datasets: ['shapes'],
  }),
}
