// Stand-ins for the DOM globals that the elements use at import time: a server that renders a page may import
// the module, and nothing is defined there. The build puts these in place of the globals (tsup.config.ts).
const { HTMLElement: element, document: page } = globalThis as {
  readonly HTMLElement?: typeof HTMLElement
  readonly document?: Document
}

const ElementOrNothing = element ?? (function nothing() {} as unknown as typeof HTMLElement)
const documentOrNothing = page ?? ({ createTreeWalker: () => ({}) } as unknown as Document)

export { ElementOrNothing as HTMLElement, documentOrNothing as document }
