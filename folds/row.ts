import type { Agent, LookSettings } from '../agents/index.ts'
import { type Row, storedSample, wellFormedJson } from '../store/index.ts'
import type { JournalEntry } from './journal.ts'
import type { Outcome } from './manifest.ts'
import type { Planned } from './plan.ts'

/** The cost of the answers without fields that differ between runs: a part's bytes depend only on the answers. */
const usageOf = ({ usage }: JournalEntry): string | null => {
  if (usage === undefined) return null
  const { seconds: _, retries: __, ...lasting } = usage
  return JSON.stringify(lasting)
}

/** The row of a verdict: a pure function of the sample, what was recorded and the settings. */
export const toRow = <S extends LookSettings, E, C, R>(
  agent: Agent<S, E, C, R>,
  settings: S,
  hash: string,
  { key, sample }: Planned,
  record: JournalEntry,
): Row => {
  const evidence = record.state === 'looked' ? agent.evidence.parse(record.evidence) : null
  const verdict = evidence === null ? null : agent.decide(sample, evidence, settings)
  const outcome: Outcome =
    verdict?.outcome ?? (record.state === 'failed' || record.state === 'absent' ? record.state : 'dropped')
  const none = Object.fromEntries(Object.keys(agent.columns).map((column) => [column, null]))
  const measured =
    typeof record.evidence === 'object' && record.evidence !== null && 'duration' in record.evidence
      ? Number(record.evidence.duration)
      : sample.duration
  return {
    key,
    settings: hash,
    agent: agent.name,
    ...storedSample(sample),
    duration: measured,
    outcome,
    reason: verdict === null ? record.reason : verdict.reason,
    evidence: evidence === null ? null : wellFormedJson(record.evidence),
    usage: usageOf(record),
    ...none,
    ...verdict?.columns,
  }
}

/** The record that a row was made from. */
export const fromRow = (row: Row): JournalEntry => {
  const outcome = row.outcome as Outcome
  return {
    key: String(row.key),
    state:
      row.evidence !== null ? 'looked' : outcome === 'failed' || outcome === 'absent' ? outcome : 'unfit',
    reason: row.evidence !== null || row.reason === null ? null : String(row.reason),
    evidence: row.evidence === null ? null : JSON.parse(String(row.evidence)),
    ...(typeof row.usage === 'string' ? { usage: JSON.parse(row.usage) } : {}),
  }
}
