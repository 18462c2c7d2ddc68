import type { Look } from '../options.ts'

/** WCAG 2.2 relative luminance of `#rrggbb`, 0 to 1, without its straight part near black, which decides nothing here. */
export function luminance(hex: string): number {
  const part = (at: number) => ((Number.parseInt(hex.slice(at, at + 2), 16) / 255 + 0.055) / 1.055) ** 2.4
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

/** White as long as it has a contrast of 4.5 on the colour, else black. */
export const textOn = (color: string) => (luminance(color) > 0.183 ? '#000' : '#fff')

const light = '--surface:#fff;--text:#112;--danger:#b22;--amber:#750;color-scheme:light'
const dark = '--surface:#1b1d22;--text:#eef;--danger:#f99;--amber:#fc8;color-scheme:dark'

/**
 * The part of the style that options decide, and the host element's, which holds against any rule of the page. Every value has been checked, so none can carry more than
 * itself. `inline`: it stands in an element of the page and fills it.
 */
export function themeCss({ color, radius, font, position, offset }: Look, zIndex: number | string, inline: boolean): string {
  const host = inline ? 'display:block!important;height:100%' : `position:fixed!important;z-index:${zIndex}`
  return (
    `:host{all:initial!important;${host}!important}` +
    `.root{--accent:${color};--on:${textOn(color)};--radius:${radius}px;--x:calc(${offset.x}px + env(safe-area-inset-${position}));--y:calc(${offset.y}px + env(safe-area-inset-bottom));` +
    `font-family:${font};${light}}` +
    `.dark{${dark}}@media(prefers-color-scheme:dark){.auto{${dark}}}` +
    `.launcher,.panel{${position}:var(--x)}`
  )
}
