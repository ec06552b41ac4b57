/** Media of a server in the form that model APIs accept. */
export interface Media {
  /** The type by the first bytes if they identify it, otherwise the server's type; `undefined` without either. */
  readonly mediaType: string | undefined
  /** Base64, without the prefix of a `data:` URL. */
  readonly data: string
}

/**
 * Reads the media of a content block. Model APIs refuse a whole conversation because of a `data:` URL prefix, a media type
 * in an unusual spelling, or an image of a different type than declared.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2397
 */
export function readMedia(data: string, mediaType: unknown): Media {
  const head = /^\s*data:([^,]{0,200}),/i.exec(data)
  const bare = head === null ? data : data.slice(head[0].length)
  const named = plainType(mediaType) ?? plainType(head?.[1])
  return { mediaType: mayBeMislabelled(named) ? (typeByContent(bare) ?? named) : named, data: bare }
}

/** The type in lower case without parameters. File extensions and old names are replaced. */
function plainType(mediaType: unknown): string | undefined {
  if (typeof mediaType !== 'string') return undefined
  const [essence = ''] = mediaType.trimStart().slice(0, maxType).toLowerCase().split(';')
  const type = essence.trim()
  if (type === '') return undefined
  return otherNames.get(type) ?? type
}

/** The limit of a media type, in characters. */
const maxType = 300

const otherNames = new Map([
  ['image/jpg', 'image/jpeg'],
  ['image/pjpeg', 'image/jpeg'],
  ['image/x-png', 'image/png'],
  ['application/x-pdf', 'application/pdf'],
  ...['png', 'jpeg', 'gif', 'webp'].map((name) => [name, `image/${name}`] as const),
  ['jpg', 'image/jpeg'],
  ['pdf', 'application/pdf'],
])

/** Servers often mislabel images and PDFs. Text types are not checked: a text may start with any bytes. */
function mayBeMislabelled(type: string | undefined): boolean {
  return type === undefined || type.startsWith('image/') || /^application\/(?:pdf|octet-stream)$/.test(type)
}

/** The type by the first bytes in base64, for the types that model APIs accept. */
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
