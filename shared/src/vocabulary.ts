export const statuses = ['open', 'in_progress', 'resolved', 'closed'] as const
export type Status = (typeof statuses)[number]
export const priorities = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]
export const channels = ['widget', 'api', 'email', 'whatsapp', 'phone', 'in_store', 'sms', 'social_media', 'live_chat'] as const
export type Channel = (typeof channels)[number]
/** Whose turn it is; nobody's when a ticket is resolved or closed. */
export const waitingOn = ['agent', 'customer'] as const
export type WaitingOn = (typeof waitingOn)[number]
