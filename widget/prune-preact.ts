import { fileURLToPath } from 'node:url'

/** For `resolve.alias`: preact's modules as they are published beside its bundle, whose names can still be read. */
export const preactSource = { preact: fileURLToPath(new URL('./node_modules/preact/src/index.js', import.meta.url)) }

/** What stands from the first text up to the second goes, and this comes in its place. */
type Cut = readonly [from: string, to: string, by?: string]
interface Changes {
  cuts: readonly Cut[]
  /** Replaced wherever they stand. */
  words: readonly (readonly [RegExp, string])[]
}

/** Arguments that say the same in every call: nothing is hydrated, there is no context. They stand in lines of their own. */
const handedOn = [/^\s+(?:isHydrating|excessDomChildren|globalContext),$/gm, ''] as const
const never = [/\bisHydrating\b|\bexcessDomChildren\b/g, 'false'] as const
const noPortal = [/\b\w+\.props\._parentDom\b/g, 'false'] as const
const noHooks = [/^\s*if \(.*options\.\w+\)?\) .*;$/gm, ''] as const

/**
 * What the widget does not use of preact: hydration, Suspense, contexts, portals, state and error boundaries of components, options, MathML,
 * `innerHTML`, custom elements, refs that are objects, handlers that come in the middle of an event. The widget draws everything in one effect, so a component never draws itself again.
 */
const files: Record<string, Changes> = {
  'diff/index': {
    cuts: [
      ['// If the previous diff bailed out', 'if ((tmp = options._diff)'],
      ['// Necessary for createContext api', '// Get component and set it'],
      ['if (c._bits & COMPONENT_PENDING_ERROR) {', '} else {\n\t\t\t\t// Instantiate'],
      ['if (provider)', 'c._renderCallbacks = [];'],
      ['if (isClassComponent) {\n\t\t\t\tif (!c._nextState)', 'oldProps = c.props;'],
      ['oldState = c.state;', 'c._vnode = newVNode;'],
      ['if (\n\t\t\t\t\tisClassComponent &&\n\t\t\t\t\t!newType', 'if (isClassComponent && c.componentDidMount)'],
      ['if (\n\t\t\t\t\tnewProps !== oldProps', 'if (\n\t\t\t\t\t(newVNode._original =='],
      ['c.state = c._nextState;\n\t\t\t\t\t\tc._bits', '}\n\n\t\t\t\t\tnewVNode._dom'],
      ['EMPTY_ARR.push', 'if (c._renderCallbacks.length)'],
      ['if (c.componentWillUpdate)', 'if (isClassComponent && c.componentDidUpdate)'],
      [', oldState, snapshot', ');\n\t\t\t\t\t});'],
      ['c.context = componentContext;', 'c.props = newProps;\n\t\t\tc._parentDom'],
      ['// Function components re-render', 'const renderResult', 'tmp = c.render(c.props);\n'],
      ['if (newProps._parentDom) {\n\t\t\t\ttmp = oldDom', 'oldDom = diffChildren('],
      ['// When we exit a portal', 'if (c._renderCallbacks.length)'],
      ['// Only clear when this render was the retry', '} catch (e) {'],
      ['if (isHydrating || excessDomChildren) {', 'newVNode._dom = oldVNode._dom;\n\t\t\t}', '{'],
      ['if (!(e && e.then))', 'markAsForce(newVNode)'],
      ['options._catchError(e, newVNode', '}\n\t} else {', 'throw e;\n'],
      ['function rangeEnd', 'function markAsForce'],
      ['try {\n\t\t\t// @ts-expect-error Reuse', 'commitQueue = c._renderCallbacks'],
      ['} catch (e) {\n\t\t\toptions', '});\n}\n\n/**\n * Diff two virtual nodes representing'],
      ["else if (nodeType == 'math')", 'else if (!namespace)'],
      ['newProps.is', ');\n\n\t\t// we are creating'],
      ['parentDom.ownerDocument ||', 'document;'],
      ['// we are creating a new node', '}\n\n\tif (!nodeType)'],
      ["(nodeType == 'template'", 'dom;\n\n\t\t// If excess'],
      ['// If excessDomChildren was not null', 'for (i in oldProps) {'],
      ["if (i == 'dangerouslySetInnerHTML')", "if (\n\t\t\t\ti != 'children'"],
      ["&&\n\t\t\t\t!(i == 'value' && 'defaultValue'", ') {\n\t\t\t\tsetProperty(dom, i, NULL'],
      ["else if (i == 'dangerouslySetInnerHTML')", "else if (i == 'value')"],
      ['if (newHtml) {', 'diffChildren(\n\t\t\t\tparentDom', '{'],
      [
        "if (nodeType == 'progress'",
        "i = 'checked'",
        'if (inputValue != UNDEFINED && inputValue !== dom[i]) setProperty(dom, i, inputValue, oldProps[i], namespace);\n',
      ],
      ['try {\n\t\tif (typeof ref', '}\n\n/**\n * Unmount', 'ref(value);\n'],
      [' && (!r.current', ') {\n\t\tapplyRef(r, NULL'],
      ['try {\n\t\t\t\tr.componentWillUnmount', 'r.componentWillUnmount();'],
      ['} catch (e) {\n\t\t\t\toptions._catchError(e, parentVNode);\n\t\t\t}', '}\n\n\t\tr._parentDom'],
      ['= r._globalContext', '= NULL;'],
      ['// A component that suspended while hydrating', 'if (!skipRemove) removeNode(vnode._dom)'],
    ],
    words: [
      handedOn,
      never,
      noPortal,
      noHooks,
      [/,\s+componentContext\b/g, ''],
      [/c\._bits & COMPONENT_DIRTY/g, 'false'],
      [/\n\s+c\._nextState,?(?=\n)/g, ''],
    ],
  },
  'diff/children': {
    cuts: [
      ['||\n\t\t\tchildVNode.constructor === String', ') {\n\t\t\tchildVNode = newChildren'],
      [
        '/** @type {number[]} tails[x]',
        '}\n\n\t// Remove remaining',
        'for (skew = oldChildrenLength; i--; ) if ((childVNode = newChildren[i]) && childVNode._flags & LIS_CANDIDATE) childVNode._index > skew ? (childVNode._flags |= INSERT_VNODE) : (skew = childVNode._index);\n',
      ],
      ['// A cursor a parked Suspense', 'let dom = parentVNode._dom;\n'],
      ['while (next && next.nodeType == 8)', 'if (dom != next)'],
      ["// Containers that aren't DOM nodes", 'parentDom.insertBefore'],
      ['}\n\t\t}\n\t\toldDom = dom;', 'oldDom = dom;', '}\n\t\t'],
      ['while (\n\t\t(oldDom = oldDom', '}\n\n/**', 'return oldDom && oldDom.nextSibling;\n'],
    ],
    words: [handedOn, never, noPortal, [/ \|\| oldVNode\._flags & REF_DETACHED/, '']],
  },
  'diff/props': {
    cuts: [
      ["if (name == 'style')", "if (name[0] == 'o'"],
      ['useCapture = name !=', '// Infer correct casing'],
      ["if (typeof value != 'function')", '// Handlers are keyed'],
      ['name = name.replace(/xlink', '} else if (\n\t\t\tname'],
      ["name != 'width' &&", 'name in dom'],
      ["if (typeof value == 'function') return;", 'if (value != NULL &&'],
      ["name == 'popover'", 'value);\n\t\t} else'],
      ['(dom._attached ||', '// Infer correct casing'],
      ['if (e[EVENT_DISPATCHED] == NULL)', 'return eventHandler('],
      ['options.event', 'e);\n\t\t}'],
    ],
    words: [[/, useCapture\b|let useCapture;/g, '']],
  },
  component: {
    cuts: [
      ['this.context = context;', 'this._bits'],
      ['BaseComponent.prototype.setState =', 'export function getDomSibling'],
    ],
    words: [noPortal],
  },
  render: {
    cuts: [
      ['if (parentDom.nodeType == 9)', 'let oldVNode'],
      ['isHydrating ? NULL :', 'parentDom._children;'],
      ['EMPTY_OBJ,\n\t\tparentDom.namespaceURI', 'commitQueue,', 'parentDom.namespaceURI,\n'],
    ],
    words: [handedOn, noHooks],
  },
  'create-element': { cuts: [], words: [noHooks] },
}

function cutOut(code: string, [from, to, by = '']: Cut): string {
  const start = code.indexOf(from)
  const end = code.indexOf(to, start)
  if (start < 0 || end < 0) throw new Error(`prune: nothing from ${from} to ${to}`)
  return code.slice(0, start) + by + code.slice(end)
}

function reword(code: string, [what, by]: readonly [RegExp, string]): string {
  const changed = code.replace(what, by)
  if (changed === code) throw new Error(`prune: nothing like ${what}`)
  return changed
}

/** Takes out of preact what the widget does not use, and stops the build if a release no longer has what is named here. */
export const prunePreact = {
  name: 'prune-preact',
  transform(code: string, id: string): string | undefined {
    const changes = files[/\/preact\/src\/([\w/-]+)\.js/.exec(id)?.[1] ?? '']
    return changes?.words.reduce(reword, changes.cuts.reduce(cutOut, code))
  },
}
