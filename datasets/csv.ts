/** One record of a CSV file and the 1-based line on which it starts. */
export interface Record {
  readonly line: number
  readonly cells: ReadonlyArray<string>
}

/**
 * The records of a CSV text (RFC 4180: cells may be quoted, a doubled quote stands for one, a quoted cell may hold the
 * delimiter and line ends). Empty lines are passed over. A quote inside an unquoted cell is an ordinary letter.
 */
export const parseCsv = (text: string, delimiter = ','): ReadonlyArray<Record> => {
  const records: Array<Record> = []
  const end = text.length
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  while (at < end) {
    const start = line
    const cells: Array<string> = []
    for (;;) {
      let cell = ''
      if (text[at] === '"') {
        at++
        for (;;) {
          const quote = text.indexOf('"', at)
          const stop = quote === -1 ? end : quote
          const piece = text.slice(at, stop)
          for (let i = piece.indexOf('\n'); i !== -1; i = piece.indexOf('\n', i + 1)) line++
          cell += piece
          at = stop + 1
          if (quote === -1 || text[at] !== '"') break
          cell += '"'
          at++
        }
      }
      let stop = at
      while (stop < end && text[stop] !== delimiter && text[stop] !== '\n') stop++
      cell += text.slice(at, stop)
      at = stop
      if (text[at] === delimiter) {
        cells.push(cell)
        at++
        continue
      }
      cells.push(cell.endsWith('\r') ? cell.slice(0, -1) : cell)
      at++
      line++
      break
    }
    if (cells.length > 1 || cells[0]!.trim() !== '') records.push({ line: start, cells })
  }
  return records
}
