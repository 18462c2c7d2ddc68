/** Replaces what must be there, or throws: another release of the library wants another look. */
function replace(code: string, what: RegExp | string, by: string): string {
  const changed = code.replace(what, by)
  if (changed === code) throw new Error(`prune: nothing like ${what}`)
  return changed
}

const signalChanges: [RegExp | string, string][] = [
  [/\w+\.prototype\.subscribe=.*?\{name:"sub"\}\)\};/, ''],
  [/\w+\.prototype\.(valueOf|toString|toJSON)=function\(\)\{return this\.value(\+"")?\};/g, ''],
  [/"value",\{get/g, '"value",{__proto__:null,get'],
  // Names, marks, disposal, and being told of the first and last reader.
  [/var i=Symbol\.for\("preact-signals"\);/, ''],
  [/\w+\.prototype\.brand=i;/, ''],
  [/;this\.W=null==t\?void 0:t\.watched;this\.Z=null==t\?void 0:t\.unwatched;this\.name=null==t\?void 0:t\.name/, ''],
  ['else f(function(){var i;null==(i=t.W)||i.call(t)})', ''],
  ['if(void 0===n)f(function(){var i;null==(i=t.Z)||i.call(t)})', ''],
  [/this\.name=null==t\?void 0:t\.name;if\(n\)n\.push\(this\)/, ''],
  ['var t=o,r=n;o=void 0;n=void 0;try{return i()}finally{o=t;n=r}', 'var t=o;o=void 0;try{return i()}finally{o=t}'],
  ['n[Symbol.dispose]=n;', ''],
  [/\w+\.prototype\.dispose=function\(\)\{this\.d\(\)\};/, ''],
  // What is set and set back in one batch counts as changed here.
  [/!function\(\)\{var i=c;.*?i=i\.o\}\}\(\);/, ''],
  [/!function\(i\)\{if\(0!==v&&0===s\).*?\}\}\(this\);/, ''],
  ['if(o!==this)throw new Error("Out-of-order effect");', ''],
  [/if\(1&this\.f\)throw new Error\("Cycle detected"\);/g, ''],
  ['new Error("Cycle detected")', 'Error()'],
  [/this\.l=0;?/, ''],
  // What a computed signal or the end of an effect throws is thrown where it happens, once.
  [
    'if(16&this.f||this.v!==t||0===this.i){this.v=t;this.f&=-17;this.i++}}catch(i){this.v=i;this.f|=16;this.i++}',
    'if(this.v!==t||!this.i){this.v=t;this.i++}}finally{',
  ],
  ['o=i;_(this);this.f&=-2;return!0', 'o=i;_(this);this.f&=-2}return!0'],
  ['if(16&this.f)throw this.v;', ''],
  ['catch(t){i.f&=-2;i.f|=8;g(i);throw t}', ''],
  ['try{r.c()}catch(i){r.d();throw i}var n', 'r.c();var n'],
  ['if(void 0===this.x)return;', ''],
  // What is compared there is an object, a function, or nothing.
  [/void 0!==([\w.]+)/g, '$1'],
  [/void 0===([\w.]+)/g, '!$1'],
  [/void 0/g, 'null'],
]

/** Takes out of the signals what a bundler has to keep, because an object might be asked for any of its methods. */
export const prune = {
  name: 'prune',
  transform(code: string, id: string): string | undefined {
    // Methods for debugging and for what the widget never asks. A descriptor would inherit what the page has put on Object.prototype, and be refused for it.
    if (id.includes('signals-core')) return signalChanges.reduce((text, [what, by]) => replace(text, what, by), code)
  },
}
