import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spanwiseHere } from '../cli/command-line.ts'
import { row, workplace, writeRows } from '../cli/workplace.ts'
import { startFaultServer } from '../support/fault-server.ts'

/** A query that would be a program on a page which took text for HTML. */
export const hostile = '<script>alert(1)</script><img src=x onerror=alert(2)>'

/** A reply that would be one too. */
const said = (question: string): string => {
  if (/does this part of a video show/i.test(question)) return 'Yes'
  return question.includes('OTHER') ? `${hostile} <answer>6.0 to 8.0</answer>` : '<answer>1.0 to 3.0</answer>'
}

/**
 * A run of both agents over five samples of 10 s with one window, 1 to 4 s, each of which the agents find to go on at 6
 * to 8 s. Returns the working folder; the run is `runs/small`.
 */
export const smallRun = async (): Promise<string> => {
  made ??= makeRun()
  const copy = mkdtempSync(join(tmpdir(), 'spanwise-studio-test-'))
  cpSync(await made, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** Made once for all files that a worker runs. */
let made: Promise<string> | null = null

const makeRun = async (): Promise<string> => {
  const root = await workplace('studio')
  const outside = join(mkdtempSync(join(tmpdir(), 'spanwise-outside-')), 'secret.mp4')
  writeFileSync(outside, 'secret')
  symlinkSync(outside, join(root, 'videos', 'link.mp4'))
  mkdirSync(join(root, 'rows'))
  writeRows(join(root, 'rows', 'train.jsonl'), [
    row('good.mp4', 'a person waves'),
    row('good.mp4', hostile),
    row('good.mp4', 'a person sits down'),
    row('good.mp4', "it's raining"),
    row('link.mp4', 'a link out of the folder'),
  ])
  const server = await startFaultServer({
    reply: ({ question }) => ({ message: { role: 'assistant', content: said(question) } }),
  })
  for (const agent of ['bra', 'dea'])
    await spanwiseHere(
      ...[root, agent, '--dataset', 'jsonl', '--annotations', 'rows', '--videos', 'videos'],
      ...['--run', 'runs/small', '--frames', '4', '--cache', 'off', '--backend', 'openai'],
      ...['--base-url', server.url, '--model', 'model', '--preset', 'vllm'],
      ...(agent === 'dea' ? ['--set', 'rollouts=3'] : []),
    )
  await server.kill()
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  // How a worker of the tests is ended.
  process.once('SIGTERM', () => process.exit())
  return root
}
