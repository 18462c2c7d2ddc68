/**
 * The order of the modules in the script, found by trial: gzip looks back 32 KB and no further, so what is alike must stand close together. Worth some 300 bytes. A module
 * that is not named here, or has to come earlier for another, takes its place by itself.
 */
const order = `
  @preact/signals-core ./components/Bones.tsx ./styles/widget.css?inline ./components/Trouble.tsx ./state/identity.ts ./components/Rating.tsx
  ./state/store.ts ./components/Messages.tsx ./state/merge.ts ./components/TicketList.tsx ./state/outbox.ts ./components/Facts.tsx ./launcher.tsx
  ./styles/theme.ts ./state/settings.ts ./components/NewTicket.tsx ./state/events.ts ./net/socket.ts ./state/moment.ts preact ./state/persist.ts
  ./state/session.ts ./components/links.ts ./app.tsx ./state/sync.ts @support-widget/shared/socket.ts ./components/Pill.tsx ./components/pure.ts
  @support-widget/shared/paths.ts ./components/ui.ts ./i18n/texts.ts ./state/person.ts ./components/Composer.tsx ./state/conversation.ts
  ./state/files.ts ./options.ts ./components/Files.tsx ./components/Reach.tsx ./state/tabs.ts ./net/upload.ts ./state/view.ts
  @support-widget/shared/tidy.ts ./state/attention.ts ./components/Thread.tsx ./state/visitor.ts ./drawer.tsx ./components/Bubble.tsx ./state/lock.ts
  ./components/Icon.tsx ./components/refusal.tsx ./net/wire.ts ./components/Log.tsx ./state/tickets.ts ./components/Field.tsx ./i18n/en.ts
  @support-widget/shared/limits.ts ./host.ts ./net/api.ts ./boot.ts ./public-api.ts
`

export const arrange = {
  name: 'arrange',
  transform: (code: string, id: string): string | undefined =>
    id.endsWith('/src/script.ts') ? order.trim().replace(/\S+\s*/g, (one) => `import '${one.trim()}';`) + code : undefined,
}
