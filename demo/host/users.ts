/** Somebody signed in at Kilnshare. */
export interface User {
  id: string
  name: string
  email: string
}

const people: Record<string, string> = { alice: 'Alice Moreau', bob: 'Bob Lindqvist' }
const allowed = /^[a-z][a-z0-9_-]{0,30}$/

/** The user with that name: the two demo people, or a new one made from the name; null for what cannot be a name. */
export function userNamed(name: string | undefined): User | null {
  if (name === undefined || !allowed.test(name)) return null
  const known = Object.hasOwn(people, name) ? people[name] : undefined
  return { id: name, name: known ?? name.charAt(0).toUpperCase() + name.slice(1), email: `${name}@kilnshare.example` }
}

export const demoUsers = Object.keys(people).flatMap((name) => userNamed(name) ?? [])
