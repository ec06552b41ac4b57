/** The page that the handler serves at its base path. `settingsPage()` of `mcp-integrations/ui` creates one. */
export interface SettingsPage {
  /**
   * The document. It names its assets as `{basePath}/assets/{name}` and has no inline script or style: the handler serves
   * it under a Content-Security-Policy that allows only its own origin.
   *
   * @param mount - `basePath`: the handler's base path without a trailing slash, the client's `baseUrl`
   */
  html(mount: { readonly basePath: string }): string
  /** Assets by file name. A name contains a hash of the content, so that browsers can cache it forever. */
  readonly assets: ReadonlyMap<string, PageAsset>
  /** Names of the Trusted Types policies that its scripts create, e.g. `lit-html`. `@default []` */
  readonly trustedTypes?: readonly string[] | undefined
}

/** One file of a {@link SettingsPage}. */
export interface PageAsset {
  /** Its `Content-Type`. */
  readonly type: string
  /** The content of the file. */
  readonly body: string | Uint8Array<ArrayBuffer>
}

/** The response with the document. */
export function pageResponse(page: SettingsPage, basePath: string, frameAncestors: 'none' | 'self'): Response {
  const trusted = ["require-trusted-types-for 'script'", `trusted-types ${page.trustedTypes?.join(' ') ?? "'none'"}`]
  return new Response(page.html({ basePath }), {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        `frame-ancestors '${frameAncestors}'`,
        ...trusted,
      ].join('; '),
    },
  })
}

/** The response with an asset. */
export function assetResponse({ type, body }: PageAsset): Response {
  return new Response(body, {
    headers: { 'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable' },
  })
}
