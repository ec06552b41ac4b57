/** Keywords of JSON Schema that only describe. `default` isn't among them: servers act on it. */
export const wordKeywords = new Set([
  '$comment',
  'title',
  'description',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
])

/** Keywords that map names to schemas: a name there is no keyword. */
export const schemaMaps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])

/** Keywords whose value is data. */
export const schemaData = new Set(['enum', 'const', 'default', 'examples', 'required', 'type', 'dependentRequired'])
