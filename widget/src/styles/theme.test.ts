import { expect, test } from 'vitest'
import { luminance, textOn } from './theme.ts'

test('LOOK-3: text on the colour has a contrast of at least 4.5, and is white as long as it has', () => {
  for (let shade = 0; shade < 256; shade += 5) {
    for (const [r, g, b] of [
      [shade, 80, 160],
      [200, shade, 40],
      [30, 30, shade],
      [shade, shade, shade],
    ]) {
      const color = `#${[r, g, b].map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`
      const light = luminance(color)
      const contrast = textOn(color) === '#fff' ? 1.05 / (light + 0.05) : (light + 0.05) / 0.05
      expect(contrast).toBeGreaterThan(4.5)
    }
  }
  expect(luminance('#ffffff')).toBeCloseTo(1)
  expect(textOn('#3451d1')).toBe('#fff')
})
