/** A short tone. Browsers allow it once the customer has touched the page; before that nothing is tried. */
export function chime() {
  if (!navigator.userActivation?.hasBeenActive) return
  try {
    const context = new AudioContext()
    const tone = context.createOscillator()
    const volume = context.createGain()
    volume.gain.value = 0.05
    tone.connect(volume).connect(context.destination)
    tone.onended = () => context.close()
    tone.start()
    tone.stop(0.3)
  } catch {}
}
