import { assert, describe, it } from '@effect/vitest'
import type { Guide, MessageClip } from '../../../models/index.ts'
import { readOptions, tokensToChoose } from '../../../models/openai/choose.ts'
import { readError, shortened } from '../../../models/openai/errors.ts'
import { asFile, asFrames, asVideo, fileUrl } from '../../../models/openai/frames.ts'
import { type PresetName, presets } from '../../../models/openai/presets.ts'
import { readModels, readReply } from '../../../models/openai/reply.ts'
import {
  bodyOf,
  Inexpressible,
  promptOf,
  type SentClip,
  type Wanted,
} from '../../../models/openai/request.ts'
import { ask } from '../../../tasks/index.ts'
import { encodePicture } from '../../../video/index.ts'

const clip = {
  width: 32,
  height: 32,
  times: Float64Array.of(0, 0.25, 1),
  rgb: new Uint8Array(0),
  blank: Uint8Array.of(0, 1, 0),
  fps: 2,
  indices: Int32Array.of(0, 6, 24),
  info: {
    path: '/videos/a b.mp4',
    duration: 2,
    fps: 24,
    frames: 48,
    width: 64,
    height: 64,
    rotation: 0,
    variableFrameRate: false,
    codec: 'h264',
  },
} as const
const picture = (shade: number) =>
  encodePicture(
    { width: 32, height: 32, rgb: new Uint8Array(32 * 32 * 3).fill(shade) },
    { format: 'jpeg', quality: 90 },
  )
const pictures = { width: 32, height: 32, jpegs: [100, 150, 200].map(picture) }
const dataUrl = (bytes: Uint8Array) => `data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}`

const wanted: Wanted = {
  model: 'm',
  n: 1,
  temperature: 0.7,
  seed: 5,
  alternatives: null,
  maxTokens: 64,
  sampling: { topP: 0.9, topK: 0, stop: [] },
  guide: null,
  think: null,
  extra: {},
}

const body = (
  name: PresetName,
  changes: Partial<Wanted> = {},
  sent: SentClip = asFrames(clip, pictures, 90),
) => {
  const preset = presets[name]
  const prompt = promptOf(
    preset,
    ask(clip as unknown as MessageClip, 'When?'),
    () => sent,
    () => null,
  )
  if (prompt instanceof Inexpressible) return prompt
  const text = bodyOf(preset, prompt, { ...wanted, ...changes })
  return text instanceof Inexpressible ? text : JSON.parse(text)
}

describe('requests', () => {
  it('put each frame after its time, masked frames black', () => {
    assert.deepStrictEqual(body('openai').messages, [
      {
        role: 'user',
        content: [
          { type: 'text', text: '<0.0 seconds>' },
          { type: 'image_url', image_url: { url: dataUrl(pictures.jpegs[0]!) } },
          { type: 'text', text: '<0.2 seconds>' },
          { type: 'image_url', image_url: { url: dataUrl(picture(0)) } },
          { type: 'text', text: '<1.0 seconds>' },
          { type: 'image_url', image_url: { url: dataUrl(pictures.jpegs[2]!) } },
          { type: 'text', text: 'When?' },
        ],
      },
    ])
  })

  it('send frames as one video with numbers whose quotient by the rate is the time, to servers that take it', () => {
    const { messages, media_io_kwargs, mm_processor_kwargs } = body('vllm', {}, asVideo(clip, pictures, 90))
    const url: string = messages[0].content[0].video_url.url
    assert.match(url, /^data:video\/jpeg;base64,/)
    assert.strictEqual(url.split(',').length, 1 + 3)
    assert.deepStrictEqual(media_io_kwargs.video, {
      num_frames: -1,
      fps: 1000,
      frames_indices: [0, 250, 1000],
      total_num_frames: 1500,
      duration: 2,
      do_sample_frames: false,
    })
    assert.deepStrictEqual(mm_processor_kwargs, { do_sample_frames: false })
  })

  it('send a file by reference, under the URL that servers know', () => {
    const mapping = { from: '/videos/', to: 'https://files.local/v/' }
    assert.strictEqual(fileUrl('/videos/a b.mp4', null), 'file:///videos/a%20b.mp4')
    assert.strictEqual(fileUrl('/videos/a b.mp4', mapping), 'https://files.local/v/a%20b.mp4')
    assert.strictEqual(fileUrl('/videos2/a.mp4', mapping), 'file:///videos2/a.mp4')
    const sent = body('vllm', {}, asFile(clip, null))
    assert.deepStrictEqual(sent.messages[0].content[0], {
      type: 'video_url',
      video_url: { url: 'file:///videos/a%20b.mp4' },
    })
    assert.deepStrictEqual(sent.media_io_kwargs, { video: { num_frames: 3 } })
    assert.deepStrictEqual(body('transformers', {}, asFile(clip, null)).chat_template_kwargs, {
      num_frames: 3,
      fps: null,
    })
  })

  it('say each setting in the words of the server', () => {
    const rest = (name: PresetName, changes: Partial<Wanted> = {}) => {
      const { messages: _, ...fields } = body(name, changes)
      return fields
    }
    const many = { n: 4, alternatives: 0, sampling: { topP: 0.9, topK: 0, stop: ['\n'] } }
    const common = { model: 'm', temperature: 0.7, top_p: 0.9, stop: ['\n'], n: 4 }
    const own = { min_p: 0, repetition_penalty: 1, max_tokens: 64, seed: 5, logprobs: true }
    assert.deepStrictEqual(rest('vllm', many), { ...common, ...own, top_k: 0 })
    assert.deepStrictEqual(rest('sglang', many), { ...common, ...own, top_k: -1 })
    assert.deepStrictEqual(rest('openai', many), {
      ...common,
      max_completion_tokens: 64,
      seed: 5,
      logprobs: true,
    })
    assert.deepStrictEqual(rest('gemini', many), { ...common, max_tokens: 64 })
    assert.deepStrictEqual(rest('transformers', { sampling: { topP: 0.9, topK: 7, stop: [] } }), {
      model: 'm',
      temperature: 0.7,
      top_p: 0.9,
      max_tokens: 64,
      seed: 5,
      generation_config: '{"do_sample":true,"temperature":0.7,"top_p":0.9,"top_k":7}',
    })
    // Greedy leaves nothing to sample from, and a server's own defaults nothing to say.
    assert.strictEqual(rest('vllm', { temperature: 0, sampling: { topP: 0.5, topK: 3, stop: [] } }).top_k, 0)
    assert.deepStrictEqual(rest('vllm', { extra: { temperature: 2, user: 'u' } }).user, 'u')
  })

  it('hold replies to a form where the server can, and say so where it cannot', () => {
    const schema = { type: 'object', properties: {} }
    const json: Guide = { kind: 'json', schema }
    const regex: Guide = { kind: 'regex', pattern: 'a|b' }
    assert.deepStrictEqual(body('vllm', { guide: json }).structured_outputs, { json: schema })
    assert.deepStrictEqual(body('vllm', { guide: regex }).structured_outputs, { regex: 'a|b' })
    assert.strictEqual(body('sglang', { guide: regex }).regex, 'a|b')
    for (const name of ['sglang', 'openai', 'gemini'] as const)
      assert.deepStrictEqual(body(name, { guide: json }).response_format, {
        type: 'json_schema',
        json_schema: { name: 'reply', strict: true, schema },
      })
    for (const [name, guide] of [
      ['openai', regex],
      ['transformers', json],
    ] as const)
      assert.instanceOf(body(name, { guide }), Inexpressible)
    assert.instanceOf(body('openai', { sampling: { topP: 1, topK: 5, stop: [] } }), Inexpressible)
  })
})

describe('answers', () => {
  const choice = (index: number, content: string | null, rest: object = {}) => ({
    index,
    message: { role: 'assistant', content },
    finish_reason: 'stop',
    ...rest,
  })

  it('are read in the order of their index, with log-probabilities and usage', () => {
    const text = JSON.stringify({
      choices: [
        choice(1, 'b', { finish_reason: 'length' }),
        choice(0, 'a', {
          logprobs: { content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] }] },
        }),
      ],
      usage: { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } },
    })
    assert.deepStrictEqual(readReply(text, 2), {
      replies: [
        { text: 'a', finish: 'stop', logProbs: [-0.5] },
        { text: 'b', finish: 'length' },
      ],
      places: [{ token: 'a', logprob: -0.5, others: [] }],
      promptTokens: 9,
      completionTokens: 2,
      cachedTokens: 4,
    })
  })

  it('are refused where they are not what was asked for', () => {
    for (const text of [
      '',
      '{"choices":[',
      '[]',
      '{"choices":[]}',
      '{"choices":[{"message":{"content":3}}]}',
    ])
      assert.deepInclude(readReply(text, 1), { kind: 'bad answer' })
    // A server that takes no `n`: who asked gets the rest by itself.
    assert.nestedPropertyVal(readReply(JSON.stringify({ choices: [choice(0, 'a')] }), 2), 'replies.length', 1)
    const filtered = JSON.stringify({ choices: [choice(0, null, { finish_reason: 'content_filter' })] })
    assert.deepInclude(readReply(filtered, 1), { kind: 'filtered' })
  })

  it('that are errors give one short line', () => {
    assert.strictEqual(readError('{"error":{"message":"no\\n such  key","code":1}}'), 'no such key')
    assert.strictEqual(readError('{"detail":[{"msg":"bad"}]}'), '[{"msg":"bad"}]')
    assert.strictEqual(readError('<html>502</html>'), '')
    assert.strictEqual(shortened(readError('x'.repeat(500))).length, 200)
  })

  it('that list models give their revision where there is one', () => {
    const text = JSON.stringify({
      data: [{ id: 'a', root: 'org/a' }, { id: 'b', revision: 'r2', root: 'b' }, { id: 'c' }],
    })
    assert.deepStrictEqual(readModels(text), [
      { id: 'a', revision: 'org/a', root: 'org/a' },
      { id: 'b', revision: 'r2', root: 'b' },
      { id: 'c', revision: '' },
    ])
    assert.isNull(readModels('<html>'))
  })
})

describe('choosing', () => {
  const at = (token: string, logprob: number, others: Record<string, number> = {}) => ({
    token,
    logprob,
    others: Object.entries({ [token]: logprob, ...others }).map(([other, value]) => ({
      token: other,
      logprob: value,
    })),
  })

  it('reads one-word options off the first token, whichever way it is cut', () => {
    const scores = readOptions(
      ['Yes', 'No'],
      [at('Yes', Math.log(0.6), { No: Math.log(0.2), N: Math.log(0.1), no: Math.log(0.05) })],
    )
    assert.closeTo(scores![0]!, Math.log(0.6), 1e-12)
    assert.closeTo(scores![1]!, Math.log(0.3), 1e-12)
  })

  it('follows the greedy reply to where an option leaves it', () => {
    const places = [at('<answer>', -0.1), at('8', -0.4, { none: -1.5 }), at('.0', -0.2)]
    assert.closeTo(readOptions(['<answer>none</answer>'], places)![0]!, -1.6, 1e-12)
    assert.closeTo(readOptions(['<answer>8.0'], places)![0]!, -0.7, 1e-12)
  })

  it('bounds an option that is not listed, and says nothing where nothing can be told', () => {
    const [yes, no] = readOptions(['Yes', 'No'], [at('Yes', -0.01, { yes: -5 })])!
    assert.strictEqual(yes, -0.01)
    // What the two listed leave is less than the least of them.
    assert.closeTo(no!, -5.7408, 1e-4)
    assert.strictEqual(readOptions(['Yes', 'No'], [at('Yes', -0.01, { yes: -9 })])![1], -9)
    assert.isNull(readOptions(['Yes', 'No'], [at('The', -0.1, { A: -3 })]))
    assert.isNull(readOptions(['Yes', 'No'], []))
    assert.isNull(readOptions(['Yes', 'No'], [{ token: 'Yes', logprob: -0.1, others: [] }]))
    assert.isNull(readOptions(['Yes, a', 'Yes, b'], [at('Yes', -0.1)]))
    assert.isNull(readOptions(['red ball', 'red box'], [at('blue', -0.1, { red: -1 })]))
    assert.strictEqual(tokensToChoose(['Yes', 'No']), 1)
    assert.strictEqual(tokensToChoose(['<answer>none</answer>']), 16)
  })
})
