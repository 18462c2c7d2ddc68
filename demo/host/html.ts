/** Markup that is safe to send: only `html` makes it. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = Markup | string | number | null | undefined | false | readonly Value[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => entities[char] ?? char)

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Markup) return value.text
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return value.map(render).join('')
}

/** A template whose values are escaped, in text and in quoted attributes alike; markup and lists of markup stay as they are. */
export const html = (parts: TemplateStringsArray, ...values: Value[]) => new Markup(parts.map((part, index) => part + render(values[index])).join(''))
