import { appendFile, truncate } from 'node:fs/promises'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import { readText } from '../store/index.ts'

/** What is known of a sample before anything is scored. */
export const recordSchema = z.object({
  key: z.string(),
  /** `looked`: the evidence is there to be judged. */
  state: z.enum(['looked', 'unfit', 'failed', 'absent']),
  reason: z.string().nullable(),
  evidence: z.unknown(),
})
export type Record = z.output<typeof recordSchema>

const parseLine = (line: string): Record | null => {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** The records of a journal, by key. Whatever follows the last line break was cut short and does not count. */
export const readJournal = (path: string): Effect.Effect<ReadonlyMap<string, Record>, InputError> =>
  readText(path).pipe(
    Effect.map((text) => {
      const lines = (text ?? '').split('\n').slice(0, -1)
      return new Map(
        lines.flatMap((line) => parseLine(line) ?? []).map((record) => [record.key, record] as const),
      )
    }),
  )

const writing = <A>(path: string, work: () => Promise<A>) =>
  Effect.tryPromise({
    try: work,
    catch: (error) =>
      new InputError({
        subject: path,
        problem: `cannot be written (${error instanceof Error && 'code' in error ? error.code : error})`,
        remedy: 'free some space or mend its permissions and start again, what is finished is kept',
      }),
  })

/** Cuts off the unfinished last line that a killed process left, so that the next line starts on its own. */
export const mendJournal = (path: string): Effect.Effect<void, InputError> =>
  Effect.gen(function* () {
    const text = yield* readText(path)
    if (text === null || text === '' || text.endsWith('\n')) return
    const whole = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1))
    yield* writing(path, () => truncate(path, whole))
  })

/** Adds one record as one line, in a single write; interruption waits for it. */
export const appendJournal = (path: string, record: Record): Effect.Effect<void, InputError> =>
  Effect.uninterruptible(writing(path, () => appendFile(path, `${JSON.stringify(record)}\n`)))
