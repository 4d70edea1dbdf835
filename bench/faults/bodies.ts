/** Bodies of chat completions in the manners of several servers, for the fuzz of replies. */
const choice = (message: object, rest: object = {}) => ({ index: 0, message, finish_reason: 'stop', ...rest })

const logprobs = {
  content: [
    {
      token: 'Yes',
      logprob: -0.1,
      top_logprobs: [
        { token: 'Yes', logprob: -0.1 },
        { token: 'No', logprob: -2.4 },
      ],
    },
  ],
}

export const bodies: ReadonlyArray<object> = [
  // vLLM, with and without a reasoning parser.
  {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      choice(
        {
          role: 'assistant',
          content: '<answer>1.0 to 2.0</answer>',
          reasoning_content: null,
          tool_calls: [],
        },
        { logprobs: null, stop_reason: null },
      ),
    ],
    usage: { prompt_tokens: 100, total_tokens: 112, completion_tokens: 12, prompt_tokens_details: null },
  },
  {
    choices: [
      choice(
        { role: 'assistant', content: null, reasoning_content: 'The dog runs.' },
        { finish_reason: 'length' },
      ),
    ],
    usage: { prompt_tokens: 100, completion_tokens: 64 },
  },
  // SGLang and newer vLLM.
  {
    choices: [
      choice({ role: 'assistant', content: '12.0 - 15.3', reasoning: 'He waves.' }, { matched_stop: 151645 }),
    ],
    usage: { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 96 } },
  },
  // llama.cpp.
  {
    choices: [choice({ role: 'assistant', content: '<think>\n</think>\nNo' })],
    usage: { completion_tokens: 5, prompt_tokens: 80, total_tokens: 85 },
    timings: { prompt_ms: 12.5, predicted_per_second: 40.1 },
  },
  // OpenAI and OpenRouter.
  {
    choices: [choice({ role: 'assistant', content: 'Yes', refusal: null, annotations: [] }, { logprobs })],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    },
    system_fingerprint: 'fp',
  },
  // Several replies to one question.
  {
    choices: [2, 0, 1].map((index) => ({
      ...choice({ role: 'assistant', content: `<answer>${index}</answer>` }),
      index,
    })),
    usage: null,
  },
]
