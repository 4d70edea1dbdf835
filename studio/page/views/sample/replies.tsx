import type { Exchange, Reply, SampleDetail } from '../../../api/index.ts'
import { figure } from '../../logic/figures.ts'
import { pieces } from '../../logic/highlight.ts'
import { clock } from '../../logic/timeline.ts'

/** A text with what was read from it marked. */
const Marked = ({ reply }: { readonly reply: Reply }) => (
  <pre class="reply">
    {pieces(reply.text, reply.spans).map(({ text, kinds }, i) => {
      const kind = kinds.at(-1)
      const key = `${i}`
      if (kind === undefined) return <span key={key}>{text}</span>
      if (kind === 'thought')
        return (
          <span key={key} class="thought">
            {text}
          </span>
        )
      return (
        <mark key={key} class={kind} title={`read as ${kinds.join(', ')}`}>
          {text}
        </mark>
      )
    })}
  </pre>
)

const outcomes = { answer: 'good', none: 'warn', unreadable: 'bad' } as const

const ReplyBox = ({ reply, index }: { readonly reply: Reply; readonly index: number }) => (
  <li>
    <p class="row">
      <span class="muted">{index + 1}</span>
      <span class={`badge ${outcomes[reply.outcome]}`}>{reply.outcome}</span>
      {reply.read === null ? null : <span>read as {reply.read}</span>}
      {reply.finish === null || reply.finish === 'stop' ? null : (
        <span class="badge warn">{reply.finish}</span>
      )}
    </p>
    {reply.reasoning === null ? null : <pre class="reply thought">{reply.reasoning}</pre>}
    <Marked reply={reply} />
  </li>
)

const framesText = ({ times }: Exchange): string =>
  times.length === 0
    ? 'no frames'
    : `${times.length} frames, ${clock(times[0]!, 1)} to ${clock(times.at(-1)!, 1)}`

const ExchangeBox = ({ exchange }: { readonly exchange: Exchange }) => (
  <section class="exchange">
    <h2>
      {exchange.agent}: {exchange.title}
    </h2>
    <p class="muted">
      {framesText(exchange)}
      {exchange.hidden.length === 0
        ? ''
        : `; blanked ${exchange.hidden.map(([from, to]) => `${clock(from, 1)}–${clock(to, 1)}`).join(', ')}`}
      {exchange.logProbs.map(({ reply, logProb }) => ` · log p(${reply}) ${figure(logProb)}`).join('')}
    </p>
    <pre class="question">{exchange.question}</pre>
    <ol class="replies">
      {exchange.replies.map((reply, index) => (
        <ReplyBox key={`${index}`} reply={reply} index={index} />
      ))}
    </ol>
  </section>
)

/** Every question to the model with its raw replies. */
export const Replies = ({ sample }: { readonly sample: SampleDetail }) => (
  <>
    {sample.exchanges.map((exchange) => (
      <ExchangeBox key={exchange.id} exchange={exchange} />
    ))}
    {sample.exchanges.length === 0 ? (
      <p class="muted">No agent has asked the model about this sample.</p>
    ) : null}
  </>
)
