import { escape } from './chart.ts'

const style = `
:root { --ink:#1c2330; --soft:#5b6576; --line:#dde2ea; --paper:#fff; --card:#f6f8fb; --c1:#2f6fdd; --c2:#d9730d; --c3:#2c9a5b; --c4:#8a5bd6 }
@media (prefers-color-scheme: dark) { :root { --ink:#e6eaf2; --soft:#9aa6b8; --line:#303846; --paper:#12161d; --card:#1a2029; --c1:#6ea0ff; --c2:#f0a04b; --c3:#5ccf8b; --c4:#b693f5 } }
body { font:15px/1.5 system-ui,sans-serif; color:var(--ink); background:var(--paper); margin:2rem auto; max-width:1040px; padding:0 1rem }
h1 { font-size:1.6rem; margin:0 } h2 { font-size:1.15rem; margin:2.2rem 0 .6rem } p, .note { color:var(--soft) }
table { border-collapse:collapse; width:100%; font-variant-numeric:tabular-nums } th, td { text-align:right; padding:.3rem .6rem; border-bottom:1px solid var(--line) } th:first-child, td:first-child { text-align:left } th { color:var(--soft); font-weight:500 }
.charts { display:grid; grid-template-columns:repeat(auto-fit,minmax(420px,1fr)); gap:1rem } .charts svg { background:var(--card); border-radius:8px; width:100% }
svg text { font:11px system-ui,sans-serif; fill:var(--soft) } svg .title { font-size:13px; font-weight:600; fill:var(--ink) } svg .grid { stroke:var(--line) }
.line { fill:none; stroke-width:2 } .dashed { stroke-dasharray:5 4 } .c1{stroke:var(--c1)} .c2{stroke:var(--c2)} .c3{stroke:var(--c3)} .c4{stroke:var(--c4)} svg .f1{fill:var(--c1)} svg .f2{fill:var(--c2)} svg .f3{fill:var(--c3)} svg .f4{fill:var(--c4)} svg .lane { fill:var(--line) }
.case { background:var(--card); border-radius:8px; padding:.8rem 1rem; margin:.8rem 0 } .strip { display:flex; gap:2px } .strip img { flex:1; min-width:0; border-radius:3px; image-rendering:pixelated } .lanes { width:100%; height:44px; margin-top:.4rem; display:block }
.key span { margin-right:1.2rem } .key i { display:inline-block; width:.8em; height:.8em; border-radius:2px; margin-right:.35em } .k1{background:var(--c1)} .k2{background:var(--c2)} .k3{background:var(--c3)}
`

export interface Table {
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export const table = ({ head, rows }: Table): string =>
  `<table><thead><tr>${head.map((cell) => `<th>${escape(cell)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`

/** One self-contained HTML file. */
export const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title><style>${style}</style></head><body>${body}</body></html>\n`
