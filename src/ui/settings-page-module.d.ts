/** The built page: `scripts/page-bundle.mjs` builds it for the package, for tests and for programs that run on sources. */
declare module '#settings-page' {
  /** The script of the page. */
  export const script: string
  /** The style sheet of the document. */
  export const style: string
}
