/**
 * A reply in one alphabet: full-width and other compatibility characters as ASCII, every dash as `-`, no special tokens,
 * no emphasis, no inline code, no HTML but `<answer>` and `<glue>`. Lines and braces are kept.
 */
export const normal = (text: string): string =>
  text
    .normalize('NFKC')
    // GLM's boxes are tokens of its own.
    .replace(/<\|begin_of_box\|>/g, '\\boxed{')
    .replace(/<\|end_of_box\|>/g, '}')
    .replace(/<\|[^|<>]{1,40}\|>|<\/s>|<eos>|<end_of_turn>/g, '')
    .replace(/[\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    // Between two moments a tilde is a dash, before one it says `about`.
    .replace(
      /(?<=[\p{L}\d][ \t]{0,2})[\u301c\u223c\u2053~](?=[ \t]{0,2}\d)/gu,
      (_, at: number, all: string) =>
        /(?:\d|s|秒)[ \t]{0,2}$/u.test(all.slice(Math.max(0, at - 4), at)) ? '-' : ' ',
    )
    .replace(/[\u301c\u223c\u2053~≈]/g, ' ')
    .replace(/[、，]/g, ',')
    .replace(/。/g, '.\n')
    .replace(/[“”„«»「」『』]/g, '"')
    .replace(/[‘’]/g, "'")
    .replace(/(?<=\d)(?:′′|'')/g, 's')
    // A moment given twice, `75.0 s (1:15)`, is one.
    .replace(/(\d[ \t]?(?:s|secs?|seconds?)?)[ \t]?\(\d{1,3}(?::\d{2}){1,2}(?:\.\d{1,6})?\)/g, '$1')
    .replace(/\bt ?= ?(?=\d)/g, '')
    .replace(
      /<\s*(\/?)\s*(answer|glue)\s*>/gi,
      (_, slash: string, tag: string) => `<${slash}${tag.toLowerCase()}>`,
    )
    .replace(/<\/?(?:b|i|u|em|strong|code|span|p|div|time|timestamp|li|ul|ol)>/gi, ' ')
    .replace(/<br\s?\/?>/gi, '\n')
    // A time as the labels of the frames write it.
    .replace(/<(\d{1,6}(?:\.\d{1,6})? ?(?:seconds?|s))>/gi, '$1')
    .replace(/\\(?:text|textbf|mathrm|mathbf)\{([^{}]{0,200})\}/g, '$1')
    .replace(/\\[,;!]|\\quad|\$|\*|(?<!`)`(?!`)/g, ' ')
    .replace(/^[ \t]*#+[ \t]*/gm, '')
    .replace(/(?<![\p{L}\p{N}])__|__(?![\p{L}\p{N}])/gu, '')

/** Without white space, quotation marks, brackets around the whole and full stops at both ends, in lower case. */
export const bare = (text: string): string =>
  text
    .trim()
    .replace(/^[\s"'([{<.:!-]+/, '')
    .replace(/[\s"')\]}>.:!,;-]{1,20}$/, '')
    .toLowerCase()
