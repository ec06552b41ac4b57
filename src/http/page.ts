/** The page that the handler serves at its base path. `settingsPage()` of `mcp-integrations/ui` makes one. */
export interface SettingsPage {
  /**
   * The document. It names its assets as `{basePath}/assets/{name}` and has no inline script or style: the handler serves
   * it under a Content-Security-Policy that allows what comes from its own origin and nothing else.
   *
   * @param mount - `basePath`: where the handler is mounted, without a trailing slash; the client takes it as `baseUrl`
   */
  html(mount: { readonly basePath: string }): string
  /** By file name, with a hash of the content in it: browsers keep them for ever. */
  readonly assets: ReadonlyMap<string, PageAsset>
  /** Names of the Trusted Types policies that its scripts make, e.g. `lit-html`. `@default []` */
  readonly trustedTypes?: readonly string[] | undefined
}

/** One file of a {@link SettingsPage}. */
export interface PageAsset {
  /** Its `Content-Type`. */
  readonly type: string
  /** The content of the file. */
  readonly body: string | Uint8Array<ArrayBuffer>
}

/** Answers the document. */
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

/** Answers an asset. */
export function assetResponse({ type, body }: PageAsset): Response {
  return new Response(body, {
    headers: { 'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable' },
  })
}
