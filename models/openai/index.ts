import { Effect, Layer } from 'effect'
import { InputError } from '../../core/index.ts'
import { Videos } from '../../video/index.ts'
import { type ChatReply, type ChatRequest, type Message, ModelError, VisionLanguageModel } from '../model.ts'
import { type ModelProfile, makeProfile, namedFacts, type ProfileOverrides } from '../profile/index.ts'
import { makeAsk } from './ask.ts'
import { readOptions, tokensToChoose } from './choose.ts'
import { makeClips, mediaOf } from './clips.ts'
import { makeEndpoints } from './endpoints.ts'
import { keyVariable, readKey } from './keys.ts'
import { type MediaMode, ownSampling, type Preset, presets, type VideoFacts } from './presets.ts'
import { processorOptions } from './processor.ts'
import { bodyOf, Inexpressible, type Prompt, promptOf, type SentClip, type Wanted } from './request.ts'
import { isUp, lookAtServers } from './servers.ts'
import type { OpenaiSettings } from './settings.ts'
import { makeTransport } from './transport.ts'

/** InputError where the environment does not hold the API key that these servers need. */
export const requireKey = ({
  keyEnv,
  preset,
  baseUrl,
}: Pick<OpenaiSettings, 'keyEnv' | 'preset' | 'baseUrl'>): Effect.Effect<void, InputError> =>
  Effect.asVoid(readKey(keyVariable(keyEnv, presets[preset].key, baseUrl), process.env))

export { type MediaMode, mediaModes, type PresetName, presetNames, usualUrls } from './presets.ts'
export { type OpenaiInput, type OpenaiSettings, openaiSettingsSchema } from './settings.ts'

/** Dependencies of answers apart from the model's name. */
const identitySettings = (
  { preset, quality, processor, extra }: OpenaiSettings,
  media: MediaMode,
  { family, view }: ModelProfile,
) => ({
  preset,
  media,
  // A file needs no JPEG, but its masked clips do.
  quality,
  family,
  frameFactor: view.factor,
  ...(processor === null ? {} : { processor: JSON.stringify(processor) }),
  ...(Object.keys(extra).length === 0 ? {} : { extra: JSON.stringify(extra) }),
})

/**
 * How frames are sent by default: as one video, which takes half the tokens and matches training, if the server accepts
 * video and the model's processor writes the times; a model without times needs them as text.
 */
const mediumFor = (preset: Preset, { timestamps }: Pick<ModelProfile, 'timestamps'>): MediaMode =>
  preset.media.includes('video') && timestamps !== 'prompt' ? 'video' : 'frames'

/** How clips are sent with these settings. */
export const mediumOfServer = (
  { media, preset }: Pick<OpenaiSettings, 'media' | 'preset'>,
  profile: Pick<ModelProfile, 'timestamps'>,
): MediaMode => media ?? mediumFor(presets[preset], profile)

/** The profile with the sampling parameters that the server supports. */
const expressible = (preset: Preset, profile: ModelProfile): ModelProfile =>
  preset.sampling(profile.sampling) === null
    ? { ...profile, sampling: { ...profile.sampling, topK: 0 } }
    : profile

/** Whether a model of OpenAI's refuses to be told how to sample. */
const refusesSampling = ({ preset }: OpenaiSettings, { family, reasoning }: ModelProfile): boolean =>
  preset === 'openai' && family === 'gpt' && reasoning === 'always'

/** Sizes that add up to `n`, each at most `most`. */
const portions = (n: number, most: number): ReadonlyArray<number> =>
  Array.from({ length: Math.ceil(n / most) }, (_, i) => Math.min(most, n - i * most))

/**
 * Any server with OpenAI's chat completions as a backend, several servers of one model as one. Replies of a greedy
 * request have log-probabilities if the server gives them. InputError if the servers, the model or the key cannot be
 * used; every server is asked for its models first.
 */
export const layerOpenai = (
  settings: OpenaiSettings,
  overrides: ProfileOverrides = {},
): Layer.Layer<VisionLanguageModel, InputError, Videos> =>
  Layer.effect(
    VisionLanguageModel,
    Effect.gen(function* () {
      const { model, baseUrl: urls } = settings
      const known = presets[settings.preset]
      if (settings.media !== undefined && !known.media.includes(settings.media))
        return yield* new InputError({
          subject: `--media ${settings.media}`,
          problem: `servers of the preset ${settings.preset} do not support it`,
          remedy: `use ${known.media.join(' or ')}`,
        })
      const keyEnv = keyVariable(settings.keyEnv, known.key, urls)
      const key = yield* readKey(keyEnv, process.env)
      const transport = yield* makeTransport
      const { revision, roots } = yield* lookAtServers(transport, key, {
        urls,
        model,
        keyEnv,
        listsModels: known.listsModels,
      })
      const profile = yield* Effect.fromResult(
        makeProfile({ ...namedFacts(model), aliases: roots }, overrides),
      )
      const { view } = profile
      const preset = refusesSampling(settings, profile) ? ownSampling(known) : known
      if (preset !== known)
        yield* Effect.logWarning(
          `${model} samples by its own settings: no temperature, top-p or log-probabilities are asked for, and greedy replies are sampled too`,
        )
      const media = mediumOfServer(settings, profile)
      const endpoints = yield* makeEndpoints({
        urls,
        ...settings.concurrency,
        backoff: settings.backoff,
        checks: settings.checks,
        giveUp: settings.giveUp,
        check: (url) => isUp(transport, key, url),
      })
      const ask = makeAsk({ ...settings, key, keyEnv, endpoints, transport })
      const send = makeClips(yield* Videos, preset, { ...settings, media, factor: view.factor })

      const processor = (facts: VideoFacts | null) =>
        preset.processor
          ? processorOptions(profile, facts?.mode === 'file', settings.processor)
          : settings.processor
      const unfit = (problem: string, fatal: boolean) =>
        new ModelError({ model, problem, retryable: false, fatal, kind: fatal ? 'rejected' : 'video' })
      const inexpressible = ({ problem }: Inexpressible) =>
        unfit(`servers of the preset ${settings.preset} do not support ${problem}`, true)

      // Agents send several requests with the same messages; their text is made once for all of them.
      const prompts = new WeakMap<ReadonlyArray<Message>, Prompt>()
      const prepare = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>) {
        const known = prompts.get(messages)
        if (known !== undefined) return known
        const sent = new Map<object, SentClip>()
        for (const { content } of messages)
          for (const part of content)
            if (part.type !== 'text')
              sent.set(part.clip, yield* Effect.mapError(send(part), (problem) => unfit(problem, false)))
        const prompt = promptOf(preset, messages, (clip) => sent.get(clip)!, processor)
        if (prompt instanceof Inexpressible) return yield* inexpressible(prompt)
        prompts.set(messages, prompt)
        return prompt
      })

      /** Set once a server has given fewer replies than requested: it does not support `n`. */
      let single = false
      const request = Effect.fnUntraced(function* (prompt: Prompt, wanted: Omit<Wanted, 'model' | 'extra'>) {
        const body = bodyOf(preset, prompt, { ...wanted, model, extra: settings.extra })
        if (body instanceof Inexpressible) return yield* inexpressible(body)
        return yield* ask(Buffer.from(body), wanted.n, prompt.affinity)
      })
      /** All `n` replies; those that a server without `n` omitted are requested one by one, with the seeds they would have had. */
      const complete = Effect.fnUntraced(function* (prompt: Prompt, wanted: Omit<Wanted, 'model' | 'extra'>) {
        const first = yield* request(prompt, single ? { ...wanted, n: 1 } : wanted)
        const missing = wanted.n - first.replies.length
        if (missing <= 0) return first
        single = true
        const rest = yield* Effect.forEach(
          Array.from({ length: missing }, (_, i) => wanted.seed + first.replies.length + i),
          (seed) => request(prompt, { ...wanted, n: 1, seed }),
          { concurrency: 'unbounded' },
        )
        return { ...first, replies: [...first.replies, ...rest.flatMap(({ replies }) => replies)] }
      })

      /** Variables of the chat template, if it has any. */
      const told = (think: boolean) => (profile.reasoning === 'switch' ? think : null)

      const chat = Effect.fnUntraced(function* ({ messages, sampling, guide, think = false }: ChatRequest) {
        const prompt = yield* prepare(messages)
        const { n, seed, maxTokens, temperature } = sampling
        const common = { sampling, maxTokens, guide: guide ?? null, think: told(think) }
        const likeliest = Effect.map(
          complete(prompt, { ...common, n: 1, seed, temperature: 0, alternatives: preset.alternatives }),
          ({ replies: [reply], places }): ReadonlyArray<ChatReply> => [
            {
              ...reply!,
              ...(places.length === 0 ? {} : { instead: (text) => readOptions([text], places)?.[0] ?? null }),
            },
          ],
        )
        // A greedy reply is the same each time.
        if (sampling.greedy === true || temperature === 0)
          return Array<ChatReply>(n).fill((yield* likeliest)[0]!)
        const first = sampling.greedyFirst === true ? 1 : 0
        const sampled = portions(n - first, preset.many).map((portion, i) =>
          Effect.map(
            complete(prompt, {
              ...common,
              n: portion,
              // Servers give reply i of a request the seed + i; later requests continue from there.
              seed: seed + i * preset.many,
              temperature,
              alternatives: null,
            }),
            ({ replies }) => replies,
          ),
        )
        const requests = first === 1 ? [likeliest, ...sampled] : sampled
        if (requests.length === 1) return yield* requests[0]!
        return (yield* Effect.all(requests, { concurrency: 'unbounded' })).flat()
      })

      return VisionLanguageModel.of({
        identity: {
          backend: 'openai',
          model,
          revision,
          settings: identitySettings(settings, media, profile),
        },
        profile: expressible(preset, profile),
        media: mediaOf({ media, quality: settings.quality }),
        health: endpoints.health,
        chat,
        choose: Effect.fnUntraced(function* (
          messages: ReadonlyArray<Message>,
          options: ReadonlyArray<string>,
        ) {
          if (preset.alternatives === 0) return null
          const { places } = yield* complete(yield* prepare(messages), {
            n: 1,
            seed: 0,
            temperature: 0,
            alternatives: preset.alternatives,
            maxTokens: tokensToChoose(options),
            sampling: { topP: 1, topK: 0, stop: [] },
            guide: null,
            think: told(false),
          })
          return readOptions(options, places)
        }),
      })
    }),
  )
