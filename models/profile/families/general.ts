import type { Family, ModelFacts } from '../family.ts'

/** What every general model gets unless its family says otherwise. */
export const general = (facts: ModelFacts): ReturnType<Family['profile']> => ({
  view: {
    fps: facts.processor?.fps ?? 2,
    frames: Math.min(64, facts.processor?.maxFrames ?? 64),
    minFrames: facts.processor?.minFrames ?? 1,
    // 448 x 448, the input of most vision encoders.
    maxPixels: 448 * 448,
    minImagePixels: 1,
    visionTokens: 64 * 256,
    factor: facts.processor?.factor ?? 28,
    framesPerToken: facts.processor?.framesPerToken ?? 1,
  },
  dialect: 'general',
  reasoning: 'none',
  // A list of ten windows takes 150 tokens; a number or a letter with its tags a dozen.
  replyTokens: { grounding: 256, 'grounded-qa': 256, choice: 64, counting: 64, verification: 32 },
  thinkingTokens: 4096,
  sampling: facts.sampling ?? { temperature: 1, topP: 1, topK: 0 },
  // Usual for full fine-tuning of models with two billion parameters or more (TimeLens, VideoChat-R1, Time-R1).
  learningRate: { sft: 1e-5, grpo: 1e-6 },
  timestamps: 'prompt',
  limits: null,
  datasets: null,
})

/** Models that no other family matches. */
export const unknown: Family = { name: 'unknown', matches: () => true, profile: general }
