/** Keywords of JSON Schema that only describe. Without `default`, because servers act on it. */
export const wordKeywords = new Set([
  '$comment',
  'title',
  'description',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
])

/** Keywords that map names to schemas: their keys are names, not keywords. */
export const schemaMaps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])

/** Keywords whose value is data. */
export const schemaData = new Set(['enum', 'const', 'default', 'examples', 'required', 'type', 'dependentRequired'])
