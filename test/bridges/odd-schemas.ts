import { Ajv2020 } from 'ajv/dist/2020.js'

export type Schema = Readonly<Record<string, unknown>>

/** Schemas that servers send and at least one API refuses. */
export const refused: readonly Schema[] = [
  { type: 'object' },
  { type: 'object', properties: { list: { type: 'array' } } },
  {
    type: 'object',
    anyOf: [
      { properties: { a: {} }, required: ['a'] },
      { properties: { b: {} }, required: ['b'] },
    ],
  },
  {
    type: 'object',
    oneOf: [{ $ref: '#/$defs/a' }],
    $defs: { a: { type: 'object', properties: { x: { type: 'string' } } } },
  },
  { type: 'object', allOf: [{ properties: { a: { type: 'string' } } }] },
  { type: 'object', properties: { a: { $ref: '#/definitions/gone' } } },
  { type: 'object', properties: { 'page[size]': { type: 'number' }, $filter: { type: 'string' } } },
  { type: 'object', properties: { a: { type: 'array', items: [{ type: 'string' }] } } },
  { type: 'object', properties: { a: { type: 'number', minimum: 0, exclusiveMinimum: true } } },
  { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'object' } } } }, enum: [1], not: {} },
  { type: 'object', properties: { a: { type: 'string', required: true, enum: [] } } },
  { type: 'object', properties: { a: { type: ['object', 'null'] }, b: { type: ['array', 'string'] } } },
  {
    type: 'object',
    properties: { a: { type: 'any' }, b: { type: 'String' }, c: { type: [] }, d: { type: ['file', 'null'] } },
  },
  { type: 'object', properties: { a: true, b: false, c: { anyOf: [true, { type: 'null' }] } } },
  { type: 'object', properties: { a: { $ref: '#a' } }, $defs: { a: { $anchor: 'a', type: 'string' } } },
  { type: 'object', $dynamicAnchor: 'node', properties: { kids: { type: 'array', items: { $dynamicRef: '#node' } } } },
  { type: 'object', $recursiveAnchor: true, properties: { next: { $recursiveRef: '#' } } },
  {
    type: 'object',
    properties: { a: { $ref: '#/definitions/inner' } },
    definitions: { inner: { $id: 'inner.json', type: 'object', properties: { b: { $ref: '#/definitions/c' } } } },
  },
  { type: 'object', properties: { a: {} }, dependencies: { a: ['b'], c: { required: ['d'] } } },
  { type: 'object', properties: { a: {} }, required: ['a', 'a', 5, 'b'] },
  { type: 'object', properties: { a: { type: 'object', properties: {}, required: ['b'] } } },
  {
    type: 'object',
    properties: { a: { description: 5, title: {}, format: null, pattern: /a/.source, minLength: -1, multipleOf: 0 } },
  },
  { type: 'object', properties: { a: { anyOf: [], oneOf: {}, allOf: [], prefixItems: [], uniqueItems: 'no' } } },
  {
    type: 'object',
    properties: { a: { properties: null, $defs: [], examples: 1, enum: 'x', additionalProperties: 'no' } },
  },
  { type: 'object', properties: { a: { type: 'array', unevaluatedItems: [{ type: 'array' }] } } },
  { type: 'object', properties: { ['x'.repeat(70)]: {}, [`${'x'.repeat(70)}y`]: {}, '': {} } },
  { type: 'object', properties: { $a: { type: 'string' }, b: { $ref: '#/properties/$a' } } },
  { type: 'object', anyOf: [false, true, { $ref: '#/$defs/a' }], $defs: { a: { properties: { b: { $ref: '#' } } } } },
  { type: 'object', properties: { next: { $ref: '#' } } },
  { type: 'object', properties: { a: { type: 'object' }, b: { $ref: '#/properties/a' } } },
  { type: 'object', not: { required: ['a'] }, properties: { a: { items: { type: 'object' } } } },
]

/** Schemas that no request can hold: their tools are named in what is missing. */
export const unusable: Readonly<Record<string, Schema>> = {
  'invalid_schema: an address': {
    $id: 'https://a.example/tool.json',
    type: 'object',
    properties: { a: { $ref: 'https://b.example/b.json' } },
  },
  'invalid_schema: no object': { type: ['object', 'null'] },
  'schema_too_large: nested': nested(100),
}

function nested(depth: number): Schema {
  return depth === 0 ? { type: 'array' } : { type: 'object', properties: { a: nested(depth - 1) } }
}

/** All schemas of tools in a request. */
export function schemasIn(body: unknown): readonly Schema[] {
  const keys = new Set(['parameters', 'input_schema', 'parametersJsonSchema'])
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([key, value]) => (keys.has(key) ? [value as Schema] : schemasIn(value)))
}

/** The documented refusals of the APIs, all of them together. */
export function flawsOf(schema: unknown, root: Schema, isRoot = false): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((item) => flawsOf(item, root))
  if (typeof schema !== 'object' || schema === null) return []
  const node = schema as Schema
  const own: string[] = []
  if (isRoot && node.type !== 'object') own.push('The root is no object.')
  if (isRoot)
    for (const key of ['anyOf', 'oneOf', 'allOf', 'enum', 'not']) if (key in node) own.push(`${key} at the root`)
  const { properties } = node
  if (takes(node, 'object') && (typeof properties !== 'object' || properties === null)) own.push('no properties')
  if (isRoot && Object.keys(properties ?? {}).some((key) => !/^[\w.-]{1,64}$/.test(key))) own.push('a name')
  if (takes(node, 'array') && node.items === undefined && node.prefixItems === undefined) own.push('no items')
  if (Array.isArray(node.items)) own.push('a tuple of an older draft')
  if (typeof node.exclusiveMinimum === 'boolean') own.push('a bound of an older draft')
  if ('required' in node && !Array.isArray(node.required)) own.push('required is no list')
  if (Array.isArray(node.enum) && node.enum.length === 0) own.push('an empty choice')
  if (typeof node.$ref === 'string' && !leads(node.$ref, root)) own.push(`${node.$ref} leads nowhere`)
  for (const key of ['$dynamicRef', '$recursiveRef', 'dependencies'])
    if (key in node) own.push(`${key} is known to few`)
  if (!isRoot && '$id' in node) own.push('an address inside, which moves the place that pointers start at')
  if (Object.values(properties ?? {}).some((one) => typeof one === 'boolean')) own.push('an argument that is a boolean')
  if (takes(node, 'object') && Array.isArray(node.required))
    if (node.required.some((name) => !Object.hasOwn((properties ?? {}) as Schema, String(name))))
      own.push('an unknown name')
  const inner = Object.entries(node).filter(
    ([key]) => !['default', 'enum', 'const', 'examples', 'required'].includes(key),
  )
  return [...own, ...inner.flatMap(([, value]) => flawsOf(value, root))]
}

function takes({ type }: Schema, kind: string): boolean {
  return type === kind || (Array.isArray(type) && type.includes(kind))
}

/** What Anthropic holds a schema against, and all of them may: JSON Schema 2020-12, as a library of others has it. */
const metaSchema = new Ajv2020({ strict: false, logger: false })
export const isSchema = (schema: Schema): boolean => metaSchema.validateSchema(schema) === true

function leads(ref: string, root: Schema): boolean {
  let at: unknown = root
  for (const key of ref.split('/').slice(1)) at = (at as Schema | undefined)?.[key.replaceAll('~1', '/')]
  // Some follow a reference to nothing but a definition.
  return /^#\/(\$defs|definitions)\/[^/]+$/.test(ref) && at !== undefined
}
