/** A text as its key spells it: `new_ticket` is "New ticket". */
export const spelled = (key: string) => key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ')
