/** An array as PostgreSQL reads it, of ids, numbers or names of ours: nothing in it has to be quoted. */
export const arrayOf = (values: Iterable<string | number>): string => `{${[...values].join(',')}}`
