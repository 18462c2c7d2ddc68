const shapes = {
  chat: 'M20 6v8a3 3 0 0 1-3 3h-6l-5 4v-4a3 3 0 0 1-2-3V6a3 3 0 0 1 3-3h10a3 3 0 0 1 3 3zM8 10h8',
  back: 'm14.5 6-6 6 6 6',
  cross: 'm6.5 6.5 11 11m0-11-11 11',
  down: 'M12 5v14m-6-6 6 6 6-6',
  clip: 'M16 8v8a4 4 0 0 1-8 0V6a2.5 2.5 0 0 1 5 0v9',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  send: 'M12 19V5m-6 6 6-6 6 6',
}

/** Drawn in the colour of the text around it; the text beside it, or the label of its button, says what it means. */
export const Icon = ({ name, size = 24 }: { name: keyof typeof shapes; size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
    <path d={shapes[name]} />
  </svg>
)
