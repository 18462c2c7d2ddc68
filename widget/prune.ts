/** Replaces what must be there, or throws: another release of the library wants another look. */
function replace(code: string, what: RegExp | string, by: string): string {
  const changed = code.replace(what, by)
  if (changed === code) throw new Error(`prune: nothing like ${what}`)
  return changed
}

const signalChanges: [RegExp, string][] = [
  [/\w+\.prototype\.subscribe=.*?\{name:"sub"\}\)\};/, ''],
  [/\w+\.prototype\.(valueOf|toString|toJSON)=function\(\)\{return this\.value(\+"")?\};/g, ''],
  [/"value",\{get/g, '"value",{__proto__:null,get'],
]

/** Takes out of the signals what a bundler has to keep, because an object might be asked for any of its methods. */
export const prune = {
  name: 'prune',
  transform(code: string, id: string): string | undefined {
    // Methods for debugging and for what the widget never asks. A descriptor would inherit what the page has put on Object.prototype, and be refused for it.
    if (id.includes('signals-core')) return signalChanges.reduce((text, [what, by]) => replace(text, what, by), code)
  },
}
