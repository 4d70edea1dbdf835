import { z } from 'zod'
import {
  errorAnswer,
  eventAnswer,
  eventRequest,
  promptsAnswer,
  promptsRequest,
  rewardsAnswer,
  rewardsRequest,
  runAnswer,
  turnsAnswer,
  turnsRequest,
} from './schemas.ts'

const json = (schema: z.ZodType, io: 'input' | 'output') => ({
  'application/json': { schema: z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) },
})

const failure = (description: string) => ({ description, content: json(errorAnswer, 'output') })
const failures = {
  400: failure('the body does not match the schema'),
  401: failure('the bearer token is missing or wrong'),
  409: failure('another run, or two ranks disagree'),
  422: failure('the run has no such sample or step, or its video cannot be read'),
}

const post = (summary: string, request: z.ZodType, answer: z.ZodType) => ({
  post: {
    summary,
    requestBody: { required: true, content: json(request, 'input') },
    responses: { 200: { description: 'the answer', content: json(answer, 'output') }, ...failures },
  },
})

/** The OpenAPI 3.1 document of the service, served at `/openapi.json`. */
export const openapi = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Spanwise training service',
    version,
    description:
      'Prompts, frames and rewards for an engine that owns generation, gradients and distribution. Answers are pure functions of (run, step, id).',
  },
  security: [{}, { token: [] }],
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  paths: {
    '/v1/run': {
      get: {
        summary: 'Settings of the run',
        responses: {
          200: { description: 'the answer', content: json(runAnswer, 'output') },
          401: failures[401],
        },
      },
    },
    '/v1/prompts': post(
      'Messages, frames and masks of some samples at a step',
      promptsRequest,
      promptsAnswer,
    ),
    '/v1/frames/{hash}': {
      get: {
        summary: 'A frame by the hash of its RGB bytes; never changes',
        parameters: [
          { name: 'hash', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'format', in: 'query', schema: { enum: ['rgb', 'jpeg'], default: 'rgb' } },
        ],
        responses: {
          200: {
            description: 'RGB bytes row by row, or a JPEG',
            content: { 'application/octet-stream': {}, 'image/jpeg': {} },
          },
          401: failures[401],
          404: failure('no served prompt contains this frame: request its prompt again'),
        },
      },
    },
    '/v1/turns': post(
      'The next rounds of conversations in which the model asks for frames',
      turnsRequest,
      turnsAnswer,
    ),
    '/v1/rewards': post('Rewards of completions', rewardsRequest, rewardsAnswer),
    '/v1/events': post('Events of the engine', eventRequest, eventAnswer),
  },
})
