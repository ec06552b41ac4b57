import { html, nothing, type TemplateResult } from 'lit'
import { icon } from './icons.js'

/** A link to a page named by a server, a registry or an import: only for https, and with its host shown. */
export function outsideLink(url: string | undefined, text: (host: string) => string): TemplateResult | typeof nothing {
  const parsed = url === undefined ? undefined : httpsUrl(url)
  if (parsed === undefined) return nothing
  return html`<a class="link" href=${parsed.href} target="_blank" rel="noopener noreferrer">
    ${text(parsed.host)} ${icon('external')}
  </a>`
}

/** The picture of a server: a small raster in a `data:` URL, otherwise its first letter in one of eight colours. */
export function avatar(name: string, picture?: string): TemplateResult {
  if (picture !== undefined && isSmallRaster(picture))
    return html`<img class="avatar" part="avatar" alt="" src=${picture} />`
  const letter = [...new Intl.Segmenter().segment(name.trim())].find(({ segment }) => /[\p{L}\p{N}]/u.test(segment))
  return html`<span class="avatar tint-${tintOf(name)}" part="avatar" aria-hidden="true"
    >${(letter?.segment ?? '?').slice(0, 2).toLocaleUpperCase()}</span
  >`
}

function httpsUrl(url: string): URL | undefined {
  try {
    const parsed = new URL(url)
    return parsed.protocol === 'https:' && parsed.username === '' && parsed.password === '' ? parsed : undefined
  } catch {
    return undefined
  }
}

function isSmallRaster(url: string): boolean {
  return url.length <= 45_000 && /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]+$/.test(url)
}

function tintOf(name: string): number {
  let sum = 0
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)!) % 8191
  return sum % 8
}
