/**
 * The order of the modules in the script, found by trial: gzip looks back 32 KB and no further, so what is alike must stand close together. Worth some 300 bytes. A module
 * that is not named here, or has to come earlier for another, takes its place by itself.
 */
const order = `
  @preact/signals-core ./state/view.ts ./components/Bones.tsx ./state/identity.ts ./i18n/texts.ts ./state/conversation.ts ./styles/widget.css?inline
  ./components/Trouble.tsx ./net/upload.ts ./options.ts ./state/session.ts ./components/Bubble.tsx @support-widget/shared/paths.ts ./state/events.ts
  ./components/Thread.tsx ./components/pure.ts ./components/Field.tsx ./state/lock.ts ./state/tickets.ts ./state/moment.ts ./components/TicketList.tsx
  ./state/sync.ts ./components/Facts.tsx ./components/NewTicket.tsx ./components/Messages.tsx ./boot.ts ./state/visitor.ts ./state/outbox.ts ./i18n/en.ts
  ./state/settings.ts preact ./components/ui.ts ./drawer.tsx ./net/wire.ts ./state/files.ts ./components/Reach.tsx ./state/persist.ts ./components/Log.tsx
  ./components/refusal.tsx ./state/merge.ts ./components/Composer.tsx ./components/Icon.tsx @support-widget/shared/tidy.ts ./launcher.tsx ./components/links.ts
  ./state/tabs.ts @support-widget/shared/limits.ts ./state/store.ts ./styles/theme.ts @support-widget/shared/socket.ts ./app.tsx ./public-api.ts
  ./state/person.ts ./components/Rating.tsx ./components/Files.tsx ./components/Pill.tsx ./net/api.ts ./state/attention.ts ./net/socket.ts ./host.ts
`

export const arrange = {
  name: 'arrange',
  transform: (code: string, id: string): string | undefined =>
    id.endsWith('/src/script.ts') ? order.trim().replace(/\S+\s*/g, (one) => `import '${one.trim()}';`) + code : undefined,
}
