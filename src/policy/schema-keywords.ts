/** Keywords that accept less when their value increases. */
export const lowerBounds = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
/** Keywords that accept less when their value decreases. */
export const upperBounds = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])
/** Keywords that only restrict a schema. Two values of such a keyword can't be compared. */
export const restricting = new Set(['pattern', 'format', 'uniqueItems'])
/** Keywords with a schema that restricts the outer schema exactly as far as itself. Absent, they accept everything. */
export const covering = new Set(['additionalProperties', 'items'])
/** Keywords that let a schema for names list or describe the names. */
export const naming = ['const', 'enum', 'pattern', 'format']
/** Keywords that give a part of a schema an effect elsewhere. */
export const reachingElsewhere = ['$ref', 'unevaluatedProperties', 'unevaluatedItems']
/** Keywords with a schema that, when restricted, may widen the outer schema or name a field. */
export const notMonotone = [
  'not',
  'if',
  'oneOf',
  'contains',
  'propertyNames',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
]
/** Keywords that some dialects of JSON Schema ignore or read differently. */
export const ofOneDialect = [
  '$ref',
  '$dynamicRef',
  '$recursiveRef',
  'prefixItems',
  'additionalItems',
  'const',
  'dependentRequired',
  'dependencies',
  'exclusiveMinimum',
  'exclusiveMaximum',
  ...notMonotone,
]
/** The dialects in which a schema without such keywords has the same meaning. */
export const dialect = /^https?:\/\/json-schema\.org\/(?:draft-0[67]|draft\/20(?:19-09|20-12))\/schema#?$/
