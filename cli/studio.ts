import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { InputError, spanwiseCommand } from '../core/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { type Config, loadConfig } from '../pipelines/config.ts'
import { isReviewer } from '../reviews/index.ts'
import { configuredVideos, json, madeRun, port } from './flags.ts'
import { videoServices } from './services.ts'

/** Settings of the demo that a studio without any run starts: about two minutes on two cores. */
const shortDemo = ['--videos', '32', '--validation-videos', '16', '--selected', '16', '--steps', '8']

/** Makes the demo's run in a process of its own, until the scope closes. */
const startDemo = (folder: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [process.argv[1]!, 'demo', '--run', folder, ...shortDemo, '--prompts', '8'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    ),
    (child) => Effect.sync(() => child.kill()),
  )

/** The folder to open: the given one, or the newest below the folder of runs; null where there is none yet. */
const folderOf = Effect.fnUntraced(function* (
  given: Option.Option<string>,
  config: Config,
  newestRun: (folder: string) => string | null,
) {
  if (Option.isNone(given)) return newestRun(resolve(config.runs))
  const folder = resolve(given.value)
  const problem = !existsSync(folder)
    ? 'does not exist'
    : newestRun(folder) === null
      ? 'contains no run'
      : null
  if (problem === null) return folder
  return yield* new InputError({
    subject: folder,
    problem,
    remedy: `set --run to the folder of a run, or make one with "${spanwiseCommand('demo')}"`,
  })
})

const openers: { readonly [platform: string]: string } = { darwin: 'open', win32: 'explorer' }

/** Opens a URL in the user's browser, where there is one. */
const openBrowser = (url: string) =>
  Effect.sync(() => {
    const child = spawn(openers[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true })
    // Without a browser the printed URL remains.
    child.on('error', () => undefined)
    child.unref()
  })

/** The user's name, where it can be the name of a log. */
const reviewerName = (): string => {
  try {
    const name = userInfo().username
    return isReviewer(name) ? name : 'reviewer'
  } catch {
    return 'reviewer'
  }
}

export const studio = Command.make(
  'studio',
  {
    run: madeRun('the newest below runs/'),
    json,
    port: port('port', 'port to listen on; any free one by default'),
    host: Flag.String('host').pipe(
      Flag.withDescription('address to listen on, default 127.0.0.1; another needs --token'),
      Flag.optional,
    ),
    token: Flag.String('token').pipe(
      Flag.withDescription('secret that every request must carry; random by default'),
      Flag.optional,
    ),
    open: Flag.Boolean('open').pipe(
      Flag.withDescription('open the page in the browser; --no-open only prints its URL'),
      Flag.withDefault(true),
    ),
  },
  Effect.fn(function* (input) {
    if (Option.isSome(input.host) && Option.isNone(input.token))
      return yield* new InputError({
        subject: `--host ${input.host.value}`,
        problem: 'may be reachable from other machines, and no token is set',
        remedy: 'add --token with a secret of at least 16 characters, or leave out --host',
      })
    const token = Option.getOrElse(input.token, () => randomBytes(24).toString('base64url'))
    if (token.length < 16)
      return yield* new InputError({
        subject: '--token',
        problem: `has ${token.length} characters, which can be guessed`,
        remedy: 'use at least 16 characters, e.g. the output of "openssl rand -hex 16"',
      })
    const config = yield* loadConfig()
    // Imported only here, because loading a server slows every other start.
    const { newestRun, serveStudio } = yield* Effect.promise(() => import('../studio/index.ts'))
    const found = yield* folderOf(input.run, config, newestRun)
    const demo = join(resolve(config.runs), 'demo')
    const folder = found ?? demo
    const url = yield* serveStudio({
      folder,
      also: [resolve(config.runs)],
      videos: configuredVideos(config),
      reviewer: reviewerName(),
      version: packageJson.version,
      token,
      port: Option.getOrElse(input.port, () => 0),
      ...(Option.isSome(input.host) ? { host: input.host.value } : {}),
    })
    yield* Console.log(input.json ? JSON.stringify({ url }) : `studio of ${folder}: ${url}`)
    if (found === null) {
      yield* Console.error(
        `spanwise: no run below ${dirname(demo)} yet; making a short demo run, which the page shows as it grows`,
      )
      yield* startDemo(demo)
    }
    if (input.open && !input.json && process.stdout.isTTY === true) yield* openBrowser(url)
    return yield* Effect.never
  }, Effect.scoped),
).pipe(
  Command.provide(videoServices(2, undefined)),
  Command.withDescription('Open the page that shows samples, verdicts, evaluations and trainings'),
  Command.withExamples([
    { command: 'spanwise studio', description: 'the newest run, in the browser' },
    {
      command: 'spanwise studio --run runs/charades --port 4100 --no-open',
      description: 'a certain run; only print the URL',
    },
    {
      command: 'spanwise studio --host 0.0.0.0 --token "$(openssl rand -hex 16)"',
      description: 'for colleagues in a trusted network',
    },
  ]),
)
