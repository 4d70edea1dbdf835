import { join } from 'node:path'
import { runCot } from '../pipelines/cot.ts'
import { curatedFile } from '../store/index.ts'
import { agentCommand } from './agents.ts'

export const cot = agentCommand(
  'cot',
  runCot,
  'Write chains of thought that lead to annotated counts, and keep those that agree with the annotation',
  [
    {
      command: 'spanwise cot --dataset shapes --run runs/counting',
      description: 'attempts of the included checkpoint on the synthetic dataset',
    },
    {
      command:
        'spanwise cot --dataset repcount --annotations DIR --videos DIR --backend openai --preset vllm --base-url http://gpu1:8000/v1 --model Qwen/Qwen3-VL-32B-Instruct --set tries=8',
      description: 'a teacher that is told the annotated cycles explains them, in eight tries a sample',
    },
  ],
  ({ records }) =>
    records === null
      ? ['records: written when all folds are merged; run again with --merge']
      : [
          `records: ${records.records} of ${records.tries} tries on ${records.samples} samples agree with the annotation`,
          ...Object.entries(records.dropped)
            .toSorted(([, a], [, b]) => b - a)
            .map(([rule, count]) => `  ${count} dropped by ${rule}`),
          `training data: ${join(records.out, curatedFile)}; the other tries: ${join(records.out, 'dropped.jsonl')}`,
        ],
)
