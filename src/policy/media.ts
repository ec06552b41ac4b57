/** Media as a server sent them, in the spelling that model APIs take. */
export interface Media {
  /** By its first bytes where they say so, otherwise as the server calls it; `undefined` where neither does. */
  readonly mediaType: string | undefined
  /** Base64, without the head of a `data:` URL. */
  readonly data: string
}

/**
 * Reads the media of a content block: model APIs refuse a whole conversation for a head of a `data:` URL, for a type in
 * another spelling, and for an image that is another one than its type says.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2397
 */
export function readMedia(data: string, mediaType: unknown): Media {
  const head = /^\s*data:([^,]{0,200}),/i.exec(data)
  const bare = head === null ? data : data.slice(head[0].length)
  const named = plainType(mediaType) ?? plainType(head?.[1])
  return { mediaType: mayBeMislabelled(named) ? (typeByContent(bare) ?? named) : named, data: bare }
}

/** Without parameters, in small letters; an image by its extension or its old name is one all the same. */
function plainType(mediaType: unknown): string | undefined {
  if (typeof mediaType !== 'string') return undefined
  const [essence = ''] = mediaType.trim().toLowerCase().split(';')
  const type = essence.trim()
  if (type === '') return undefined
  return otherNames.get(type) ?? type
}

const otherNames = new Map([
  ['image/jpg', 'image/jpeg'],
  ['image/pjpeg', 'image/jpeg'],
  ['image/x-png', 'image/png'],
  ['application/x-pdf', 'application/pdf'],
  ...['png', 'jpeg', 'gif', 'webp'].map((name) => [name, `image/${name}`] as const),
  ['jpg', 'image/jpeg'],
  ['pdf', 'application/pdf'],
])

/** Text is text, whatever it begins with. */
function mayBeMislabelled(type: string | undefined): boolean {
  return type === undefined || type.startsWith('image/') || /^application\/(?:pdf|octet-stream)$/.test(type)
}

/** The first bytes of what model APIs take, as base64 writes them. */
function typeByContent(base64: string): string | undefined {
  const begin = base64.slice(0, 64).replace(/\s+/g, '')
  if (begin.startsWith('iVBORw0KGgo')) return 'image/png'
  if (begin.startsWith('/9j/')) return 'image/jpeg'
  if (begin.startsWith('R0lGOD')) return 'image/gif'
  if (begin.startsWith('JVBERi0')) return 'application/pdf'
  return isWebp(begin) ? 'image/webp' : undefined
}

/** `RIFF`, four bytes of length, `WEBP`. */
function isWebp(base64: string): boolean {
  try {
    const bytes = atob(base64.slice(0, 16))
    return bytes.startsWith('RIFF') && bytes.slice(8, 12) === 'WEBP'
  } catch {
    return false
  }
}
