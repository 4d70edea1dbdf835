/** A value in a pickle of plain data. */
export type Pickled = null | boolean | number | string | Array<Pickled> | Map<Pickled, Pickled>

/** The pickle contains something other than plain data, or is damaged. */
export class PickleFault extends Error {}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Marks the start of a collection on the stack. */
const mark = Symbol('mark')

/**
 * Reads a Python pickle (protocols 0 to 5) of dicts, lists, tuples, strings, numbers, booleans and None. No code is
 * executed: the opcodes that import or call (GLOBAL, REDUCE, BUILD, INST, OBJ, ...) throw, as do all others that plain
 * data does not need. Throws PickleFault with the byte offset.
 */
export const readPickle = (bytes: Uint8Array): Pickled => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stack: Array<Pickled | typeof mark> = []
  const memo: Array<Pickled> = []
  let at = 0
  const fault = (what: string) => new PickleFault(`${what} at byte ${at}`)
  const need = (count: number): number => {
    if (count < 0) throw fault('a negative length')
    if (at + count > bytes.length) throw fault('the pickle ends too soon')
    at += count
    return at - count
  }
  const pop = (): Pickled => {
    const value = stack.pop()
    if (value === undefined || value === mark) throw fault('the stack is empty')
    return value
  }
  const top = (): Pickled => {
    const value = stack.at(-1)
    if (value === undefined || value === mark) throw fault('the stack is empty')
    return value
  }
  const sinceMark = (): Array<Pickled> => {
    const from = stack.lastIndexOf(mark)
    if (from === -1) throw fault('no mark')
    const values = stack.splice(from).slice(1)
    return values.filter((value) => value !== mark)
  }
  const text = (count: number): string => {
    const from = need(count)
    try {
      return utf8.decode(bytes.subarray(from, at))
    } catch {
      throw fault('bytes that are not UTF-8')
    }
  }
  /** An argument of protocol 0: Latin-1 up to the end of the line. */
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end === -1) throw fault('the pickle ends too soon')
    const value = String.fromCharCode(...bytes.subarray(at, end))
    at = end + 1
    return value
  }
  const long = (count: number): number => {
    const from = need(count)
    let value = 0n
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!)
    return Number(count === 0 ? 0n : BigInt.asIntN(count * 8, value))
  }
  const size8 = (): number => Number(view.getBigUint64(need(8), true))
  const list = (value: Pickled): Array<Pickled> => {
    if (!Array.isArray(value)) throw fault('no list to append to')
    return value
  }
  const fill = (target: Pickled, values: ReadonlyArray<Pickled>) => {
    if (!(target instanceof Map) || values.length % 2 !== 0) throw fault('no dict to fill')
    for (let i = 0; i < values.length; i += 2) target.set(values[i]!, values[i + 1]!)
  }
  const recall = (index: number): Pickled => {
    const value = memo[index]
    if (value === undefined) throw fault(`no memo entry ${index}`)
    return value
  }
  const number = (text: string): number => {
    const value = Number(text.replace(/L$/, ''))
    if (Number.isNaN(value)) throw fault('no number')
    return value
  }
  for (;;) {
    const code = String.fromCharCode(bytes[need(1)]!)
    switch (code) {
      case '\x80': // PROTO
        if (bytes[need(1)]! > 5) throw fault('an unknown protocol')
        break
      case '\x95': // FRAME
        need(8)
        break
      case '(': // MARK
        stack.push(mark)
        break
      case '}': // EMPTY_DICT
        stack.push(new Map())
        break
      case ']': // EMPTY_LIST
      case ')': // EMPTY_TUPLE
        stack.push([])
        break
      case 'l': // LIST
      case 't': // TUPLE
        stack.push(sinceMark())
        break
      case 'd': {
        // DICT
        const values = sinceMark()
        const made = new Map<Pickled, Pickled>()
        fill(made, values)
        stack.push(made)
        break
      }
      case '\x85': // TUPLE1
        stack.push([pop()])
        break
      case '\x86': {
        // TUPLE2
        const second = pop()
        stack.push([pop(), second])
        break
      }
      case '\x87': {
        // TUPLE3
        const third = pop()
        const second = pop()
        stack.push([pop(), second, third])
        break
      }
      case 'a': {
        // APPEND
        const value = pop()
        list(top()).push(value)
        break
      }
      case 'e': {
        // APPENDS
        const values = sinceMark()
        const target = list(top())
        for (const value of values) target.push(value)
        break
      }
      case 's': {
        // SETITEM
        const value = pop()
        const key = pop()
        fill(top(), [key, value])
        break
      }
      case 'u': {
        // SETITEMS
        const values = sinceMark()
        fill(top(), values)
        break
      }
      case 'N': // NONE
        stack.push(null)
        break
      case '\x88': // NEWTRUE
        stack.push(true)
        break
      case '\x89': // NEWFALSE
        stack.push(false)
        break
      case 'I': {
        // INT; 00 and 01 are the booleans of protocol 0
        const value = line()
        stack.push(value === '00' ? false : value === '01' ? true : number(value))
        break
      }
      case 'L': // LONG
        stack.push(number(line()))
        break
      case 'F': // FLOAT
        stack.push(number(line()))
        break
      case 'J': // BININT
        stack.push(view.getInt32(need(4), true))
        break
      case 'K': // BININT1
        stack.push(bytes[need(1)]!)
        break
      case 'M': // BININT2
        stack.push(view.getUint16(need(2), true))
        break
      case '\x8a': // LONG1
        stack.push(long(bytes[need(1)]!))
        break
      case 'G': // BINFLOAT
        stack.push(view.getFloat64(need(8), false))
        break
      case 'V': // UNICODE, written as Python's raw-unicode-escape
        stack.push(
          line().replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, four: string, eight: string) =>
            String.fromCodePoint(Number.parseInt(four ?? eight, 16)),
          ),
        )
        break
      case 'X': // BINUNICODE
        stack.push(text(view.getUint32(need(4), true)))
        break
      case '\x8c': // SHORT_BINUNICODE
        stack.push(text(bytes[need(1)]!))
        break
      case '\x8d': // BINUNICODE8
        stack.push(text(size8()))
        break
      case 'U': // SHORT_BINSTRING
        stack.push(text(bytes[need(1)]!))
        break
      case 'T': // BINSTRING
        stack.push(text(view.getInt32(need(4), true)))
        break
      case 'q': // BINPUT
        memo[bytes[need(1)]!] = top()
        break
      case 'r': // LONG_BINPUT
        memo[view.getUint32(need(4), true)] = top()
        break
      case 'p': // PUT
        memo[number(line())] = top()
        break
      case '\x94': // MEMOIZE
        memo.push(top())
        break
      case 'h': // BINGET
        stack.push(recall(bytes[need(1)]!))
        break
      case 'j': // LONG_BINGET
        stack.push(recall(view.getUint32(need(4), true)))
        break
      case 'g': // GET
        stack.push(recall(number(line())))
        break
      case '.': // STOP
        return pop()
      default:
        throw fault(`opcode 0x${code.charCodeAt(0).toString(16)}, which plain data never needs,`)
    }
  }
}
