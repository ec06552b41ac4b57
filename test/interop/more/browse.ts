/** What a person's browser does: asks, keeps the cookies, says where it is sent. */
export type Go = (url: string, form?: object) => Promise<URL>

/** A browser on the pages of one site, which sends what a person fills in as JSON. */
export function browser(origin: string): Go {
  const cookies = new Map<string, string>()
  return async (url, form) => {
    const headers = new Headers({ origin, cookie: [...cookies].map((cookie) => cookie.join('=')).join('; ') })
    if (form !== undefined) headers.set('content-type', 'application/json')
    const method = form === undefined ? 'GET' : 'POST'
    const body = form === undefined ? null : JSON.stringify(form)
    const answer = await fetch(url, { method, headers, body, redirect: 'manual' })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const text = await answer.text()
    const next = answer.headers.get('location') ?? sentOnTo(text)
    if (next === undefined) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 300)}`)
    return new URL(next, origin)
  }
}

/** Where an answer in JSON sends the page that asked. */
function sentOnTo(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined
  const { url, redirectURI } = JSON.parse(text) as { readonly url?: string; readonly redirectURI?: string }
  return redirectURI ?? url
}
