import type { Message } from '@support-widget/shared/message.ts'
import { bare } from '../net/api.ts'

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

let mark = ''
/** The number of unread messages before the page's title, whatever the page makes of it meanwhile; 0 takes it away. */
export function markTitle(unread: number) {
  const title = document.title.startsWith(mark) ? document.title.slice(mark.length) : document.title
  mark = unread ? `(${unread}) ` : ''
  if (mark + title !== document.title) document.title = mark + title
}

/** A notification of the system, if the page has asked the customer for the leave, by which its ticket is opened. */
export function notify(title: string, { ticket_id, body, author }: Message, open: (ticketId: string) => unknown) {
  if (window.Notification?.permission !== 'granted' || document.visibilityState === 'visible') return
  try {
    // Some browsers allow it to service workers alone, and throw.
    new Notification(author.name ?? title, bare<NotificationOptions>({ body, tag: ticket_id })).onclick = () => {
      window.focus()
      void open(ticket_id)
    }
  } catch {}
}
