/** Page styles that reach every element, by name; `/hostile?css=NAME` brings one of them. */
export const hostileStyles: Record<string, string> = {
  unset: '* { all: unset !important }',
  huge: `*, *::before, *::after {
  position: static !important; width: 100% !important; padding: 2em !important;
  border: 3px dashed magenta !important; background: lime !important; color: magenta !important; font: 40px / 2 fantasy !important }
body > * { transform: rotate(3deg) scale(1.5) !important }`,
  hidden: `body > :not(h1, p) {
  display: none !important; visibility: hidden !important; pointer-events: none !important; opacity: 0 !important;
  filter: blur(4px) !important; z-index: -1 !important }`,
}
