import { answer, answerLetter, sparseVideoR1 } from './choice/letter.ts'
import { sameText } from './choice/quality.ts'
import { countExact, countFixed, countGaussian, countHybrid, countLinear } from './counting/counts.ts'
import { dvdAccuracy } from './counting/dvd.ts'
import { countInterval } from './counting/interval.ts'
import { parsePenalty } from './format/parse-penalty.ts'
import {
  formatCount,
  formatCount8b,
  formatGlue,
  formatGlueNoThink,
  formatThinkAnswer,
  formatVideoR1,
} from './format/published.ts'
import { format } from './format/tagged.ts'
import { bestIou } from './grounding/best-iou.ts'
import { diou, giou } from './grounding/giou.ts'
import { iou } from './grounding/iou.ts'
import { endpoints, iop } from './grounding/parts.ts'
import { glueIou, timeR1Iou, timeR1IouV2, videochatR1Iou } from './grounding/published.ts'
import { timelens2Wasserstein, wasserstein } from './grounding/wasserstein.ts'
import { windowF1Reward } from './grounding/window-f1.ts'
import type { Reward } from './reward.ts'
import { videoR1Accuracy, videoR1Evaluation } from './video-r1/accuracy.ts'

/** Every reward by its name in settings. A new reward is one file and one line here. */
export const catalogue: { readonly [name: string]: Reward } = {
  // This project's, for strict answers.
  iou,
  best_iou: bestIou,
  giou,
  diou,
  iop,
  endpoints,
  wasserstein,
  window_f1: windowF1Reward,
  answer,
  count_exact: countExact,
  format,
  // VideoChat-R1.
  videochat_r1_iou: videochatR1Iou,
  glue_iou: glueIou,
  answer_letter: answerLetter,
  same_text: sameText,
  format_think_answer: formatThinkAnswer,
  format_glue: formatGlue,
  format_glue_no_think: formatGlueNoThink,
  // Time-R1.
  time_r1_iou: timeR1Iou,
  iou_v2: timeR1IouV2,
  // TimeLens2.
  timelens2_wasserstein: timelens2Wasserstein,
  parse_penalty: parsePenalty,
  // ActRep-R1.
  count_hybrid: countHybrid,
  count: countGaussian,
  count_linear: countLinear,
  count_fixed: countFixed,
  count_interval: countInterval,
  count_format: formatCount,
  count_format_8b: formatCount8b,
  // Video-R1, its preview and Sparse-Video-R1.
  video_r1_accuracy: videoR1Accuracy,
  video_r1_evaluation: videoR1Evaluation,
  format_video_r1: formatVideoR1,
  dvd_accuracy: dvdAccuracy,
  sparse_video_r1: sparseVideoR1,
}
