import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Command, commandOf, type Focus, focusOf, shortcuts } from '../../../studio/page/logic/keys.ts'

const press = (key: string, more: object = {}, target: Focus = 'page'): Command | null =>
  commandOf({
    key,
    target,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    isComposing: false,
    ...more,
  })

describe('shortcuts', () => {
  it('reach every key of the list, each for one command', () => {
    for (const { key, command } of shortcuts)
      expect(press(key.replace('shift+', ''), { shiftKey: key.startsWith('shift+') }), key).toBe(command)
    expect(new Set(shortcuts.map(({ key }) => key)).size).toBe(shortcuts.length)
  })

  it('work with caps lock and on layouts that need Shift or AltGr for a sign', () => {
    expect(press('N')).toBe('next-sample')
    expect(press('N', { shiftKey: true })).toBe('next-sample')
    expect(press('?', { shiftKey: true })).toBe('help')
    expect(press('/', { shiftKey: true })).toBe('filter')
    expect(press('[', { ctrlKey: true, altKey: true })).toBe('previous-interval')
    expect(press(']', { ctrlKey: true, altKey: true })).toBe('next-interval')
    expect(press('=')).toBe('zoom-in')
  })

  it('leave the shortcuts of the browser alone', () => {
    for (const modifier of ['ctrlKey', 'metaKey', 'altKey'])
      for (const key of ['a', 'n', 'p', 'r', 'ArrowLeft', '0', '+', 's', ' '])
        expect(press(key, { [modifier]: true })).toBeNull()
    expect(press('z', { ctrlKey: true })).toBe('undo')
    expect(press('Z', { metaKey: true })).toBe('undo')
    expect(press('Z', { ctrlKey: true, shiftKey: true })).toBeNull()
  })

  it('leave Space, Enter and arrows to a button or link that has the focus', () => {
    expect(press(' ', {}, 'control')).toBeNull()
    expect(press('ArrowLeft', {}, 'control')).toBeNull()
    expect(press('ArrowRight', { shiftKey: true }, 'control')).toBeNull()
    expect(press('n', {}, 'control')).toBe('next-sample')
  })

  it('fire in no text field and not while text is composed', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), fc.boolean(), (key, shiftKey, ctrlKey) => {
        expect(press(key, { shiftKey, ctrlKey }, 'text')).toBeNull()
        expect(press(key, { shiftKey, ctrlKey, isComposing: true })).toBeNull()
      }),
    )
  })
})

it('knows what has the focus', () => {
  const cases: ReadonlyArray<readonly [Parameters<typeof focusOf>[0], Focus]> = [
    [{ tagName: 'INPUT', type: 'text' }, 'text'],
    [{ tagName: 'INPUT', type: 'search' }, 'text'],
    [{ tagName: 'INPUT', type: 'number' }, 'text'],
    [{ tagName: 'INPUT' }, 'text'],
    [{ tagName: 'TEXTAREA' }, 'text'],
    [{ tagName: 'SELECT' }, 'text'],
    [{ tagName: 'DIV', isContentEditable: true }, 'text'],
    [{ tagName: 'DIV', role: 'textbox' }, 'text'],
    [{ tagName: 'INPUT', type: 'checkbox' }, 'control'],
    [{ tagName: 'INPUT', type: 'range' }, 'control'],
    [{ tagName: 'BUTTON' }, 'control'],
    [{ tagName: 'A' }, 'control'],
    [{ tagName: 'SUMMARY' }, 'control'],
    [{ tagName: 'DIV', role: 'slider' }, 'control'],
    [{ tagName: 'DIV' }, 'page'],
    [{ tagName: 'BODY', role: null }, 'page'],
    [{ tagName: 'VIDEO' }, 'page'],
  ]
  for (const [element, focus] of cases) expect(focusOf(element), JSON.stringify(element)).toBe(focus)
})
