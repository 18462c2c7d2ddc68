/**
 * The order of the modules in the script, found by trial: gzip looks back 32 KB and no further, so what is alike must stand close together. Worth some 300 bytes. A module
 * that is not named here, or has to come earlier for another, takes its place by itself.
 */
const order = `
  @preact/signals-core ./components/Bones.tsx ./styles/widget.css?inline ./state/identity.ts ./components/Thread.tsx ./components/Rating.tsx
  ./state/store.ts ./components/Messages.tsx ./state/merge.ts ./components/TicketList.tsx ./state/outbox.ts ./components/Facts.tsx ./state/settings.ts
  ./components/NewTicket.tsx ./state/events.ts ./net/socket.ts ./state/moment.ts preact ./state/persist.ts ./state/session.ts ./components/Trouble.tsx
  ./state/tickets.ts ./components/links.ts ./app.tsx ./state/sync.ts @support-widget/shared/socket.ts ./components/Pill.tsx ./components/pure.ts
  @support-widget/shared/paths.ts ./launcher.tsx ./components/ui.ts ./i18n/texts.ts ./state/person.ts ./state/attention.ts ./components/Composer.tsx
  ./state/conversation.ts ./state/files.ts ./options.ts ./components/Files.tsx ./components/Reach.tsx ./state/tabs.ts ./net/upload.ts ./state/view.ts
  ./boot.ts @support-widget/shared/tidy.ts ./styles/theme.ts ./state/visitor.ts ./drawer.tsx ./components/Bubble.tsx ./components/Icon.tsx
  ./components/refusal.tsx ./net/wire.ts ./components/Log.tsx ./components/Field.tsx ./i18n/en.ts ./net/api.ts @support-widget/shared/limits.ts
  ./host.ts ./public-api.ts ./state/lock.ts
`

export const arrange = {
  name: 'arrange',
  transform: (code: string, id: string): string | undefined =>
    id.endsWith('/src/script.ts') ? order.trim().replace(/\S+\s*/g, (one) => `import '${one.trim()}';`) + code : undefined,
}
