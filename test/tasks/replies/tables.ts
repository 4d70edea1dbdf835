import { type RecordedReply, readReply, readYesNo, replyOf } from '../../../tasks/index.ts'
import * as choice from './choice.ts'
import * as counting from './counting.ts'
import * as groundedQa from './grounded-qa.ts'
import * as grounding from './grounding.ts'
import { brief } from './said.ts'
import * as yesNo from './yes-no.ts'

export interface Table {
  readonly rows: ReadonlyArray<readonly [reply: RecordedReply, reading: string]>
  /** What the reader of this question says of a reply, in a few characters. */
  readonly say: (reply: RecordedReply) => string
}

const of = (
  task: 'grounding' | 'choice' | 'counting' | 'grounded-qa',
  { table, options }: { readonly table: Table['rows']; readonly options?: ReadonlyArray<string> },
): Table => ({
  rows: table,
  say: (reply) => brief(readReply({ task, ...(options === undefined ? {} : { options }) }, reply)),
})

/** Replies as models write them to each kind of question, with their readings. */
export const tables: { readonly [question: string]: Table } = {
  grounding: of('grounding', grounding),
  choice: of('choice', choice),
  counting: of('counting', counting),
  'grounded-qa': of('grounded-qa', groundedQa),
  'yes or no': { rows: yesNo.table, say: (reply) => brief(readYesNo(replyOf(reply))) },
}
