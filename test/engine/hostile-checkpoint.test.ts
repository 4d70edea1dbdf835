import { readFileSync } from 'node:fs'
import path from 'node:path'
import { assert, describe, it } from 'vitest'
import { chatTemplate } from '../../engine/tokenizer/template.ts'
import { withTimeLimit } from '../../engine/tokenizer/time-limit.ts'
import { tokenizer } from '../../engine/tokenizer/tokenizer.ts'
import { fixtures } from './goldens.ts'

const json = (name: string) => JSON.parse(readFileSync(path.join(fixtures, 'tied', name), 'utf8'))
const guard = { subject: 'mine', seconds: 0.2 }

const encodeWith = (pattern: string) => {
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }
  const made = tokenizer(
    { ...json('tokenizer.json'), pre_tokenizer: split },
    json('tokenizer_config.json'),
    guard,
  )
  return [made.encode, made.encodeText, (text: string) => made.encodePrompt(made.escape(text))]
}

const render = (source: string) => () =>
  chatTemplate(source, guard)([{ role: 'user', content: [{ type: 'text', text: 'hi' }] }], {
    addGenerationPrompt: true,
  })

describe('a checkpoint that does not let go', () => {
  it('is stopped in its chat template', () => {
    const [start, end] = ['{% for i in range(9999) %}', '{% endfor %}']
    for (const depth of [2, 4])
      assert.throws(render(start.repeat(depth) + end.repeat(depth)), /^mine: was stopped after 0\.2 seconds/)
  })

  it('is stopped in the regular expressions of its tokenizer', () => {
    const text = `${'a'.repeat(60)}!`
    for (const pattern of ['^(?:a+)+$', '(?:a|a)*b'])
      for (const encode of encodeWith(pattern))
        assert.throws(() => encode(text), /^mine: was stopped after 0\.2 seconds/)
  })

  it('is stopped where one limit holds for many calls, and by its own limit after that', () => {
    const text = `${'a'.repeat(60)}!`
    const [encode] = encodeWith('^(?:a+)+$')
    const many = { subject: 'all', seconds: 0.1 }
    for (let time = 0; time < 2; time++)
      assert.throws(() => withTimeLimit(many, () => encode!(text)), /^all: was stopped after 0\.1 seconds/)
    assert.throws(() => encode!(text), /^mine: was stopped after 0\.2 seconds/)
  })

  it('may not count without end, and may count', () => {
    assert.throws(
      render('{{ range(1000000000000)|length }}'),
      /^mine: cannot be rendered \(range\(\) of 1000/,
    )
    assert.throws(render('{{ range(0, 5, 0)|length }}'), /^mine: cannot be rendered/)
    assert.strictEqual(render('{% for i in range(3, -3, -2) %}{{ i }} {% endfor %}')(), '3 1 -1 ')
    assert.strictEqual(render('{{ range(4)|length }}')(), '4')
  })

  it('is named where it fails', () => {
    assert.throws(render('{{ raise_exception("no") }}'), 'mine: cannot be rendered (no); restore the file')
    assert.throws(render('{% if %}'), /^mine: cannot be rendered/)
  })
})
