import type { ModelProfile, Question } from './profile.ts'
import { replyPlan } from './reply.ts'
import type { Sight } from './view.ts'

const whole = (value: number): string => String(Math.round(value))

/** The model's input and reply budget in one line; `file` is the video or image that `sight` describes. */
export const describeSight = (
  profile: ModelProfile,
  question: Question,
  file: string,
  sight: Sight,
  medium: 'video' | 'pictures',
): string => {
  const { view, dialect, guided } = profile
  const { reasons, maxTokens } = replyPlan(profile, question)
  const tokens = medium === 'video' ? sight.videoTokens : sight.pictureTokens
  const replies = [
    `replies of up to ${maxTokens} tokens`,
    ...(reasons ? ['reasoning included'] : []),
    ...(guided ? ['constrained to the answer format'] : []),
  ].join(', ')
  const shown =
    sight.still === true
      ? `an image of ${sight.width}x${sight.height}`
      : `${sight.frames} frames of ${sight.width}x${sight.height} as ${medium}`
  return [
    `${profile.model} (${profile.family}) sees up to ${view.frames} frames at ${view.fps} fps`,
    `${file}: ${shown}, ${whole(tokens)} vision tokens a request`,
    `${replies}; ${dialect} prompts`,
  ].join('; ')
}

/** Why a model does not suit this dataset; null if it does. */
export const unseenDataset = (profile: ModelProfile, dataset: string): string | null =>
  profile.datasets === null || profile.datasets.includes(dataset)
    ? null
    : `${profile.model} was trained on ${profile.datasets.join(', ')} only and has never seen videos like those of ${dataset}; choose a general model with --model, e.g. Qwen/Qwen3-VL-2B-Instruct`
