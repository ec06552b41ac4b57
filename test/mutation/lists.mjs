// Lists of servers that people import, and what strangers publish in a registry.
import { mutation, slow } from '../support/mutation.mjs'

const dear = 'test/import/dear-lists.test.ts'
const connector = 'src/import/registry-connector.ts'
const connectors = 'test/import/registry-connectors.test.ts'

export default [
  mutation(
    'quoted names of tables, to tell TOML from JSON',
    'src/import/read-document.ts',
    ['|"[^"\\n]*"', ''],
    ['test/import/read-servers.test.ts', 'is read from TOML with the name'],
  ),
  mutation(
    'a bound for the lists of metadata in characters',
    'src/oauth/server-metadata.ts',
    [' || entry.length > room', ''],
    ['test/oauth/discovery.test.ts', 'with scopes is kept as far as it fits'],
  ),
  {
    without: 'one look at each piece of white space before an answer',
    edits: [
      {
        file: 'src/mcp/answer-body.ts',
        search: '!done && begin.length < enoughToTell',
        replace: '!done && begin.trimStart().length < enoughToTell',
      },
      {
        file: 'src/mcp/answer-body.ts',
        search: 'decoder.decode(chunk.value, { stream: true })).trimStart()',
        replace: 'decoder.decode(chunk.value, { stream: true }))',
      },
    ],
    test: 'test/mcp/floods.test.ts',
    named: 'is looked at once',
  },
  mutation(
    'a look at how slow the texts of a list are to show',
    'src/registry/gate/toolset-parts.ts',
    ['|| lengthOfSlow(parts) > maxSlowReadLater', ''],
    ['test/registry/tool-lists.test.ts', 'of long texts in other scripts is read before'],
  ),
  mutation(
    'a count of what is stored beside each definition',
    'src/mcp/tool-listing.ts',
    ['text.length + storedTwice + charactersBeside', 'text.length'],
    ['test/registry/record-size.test.ts', 'with annotations that fill the list: what fits'],
  ),
  mutation(
    "the host's own limit for a list, while it is read",
    'src/registry/settings/refresh-tools.ts',
    ['maxCharacters: maxResponseBytes,', ''],
    ['test/registry/record-size.test.ts', 'with a list just below a lower limit'],
  ),
  mutation(
    'a bound for the revisions of a discovery',
    'src/mcp/handshake.ts',
    ['Array.isArray(supportedVersions) ? readVersions(supportedVersions) : supportedVersions', 'supportedVersions'],
    ['test/registry/record-size.test.ts', 'with very many revisions in its discovery'],
  ),
  mutation(
    'a look at what a discovery says of its time to live',
    'src/mcp/handshake.ts',
    ["typeof ttlMs === 'number' ? ttlMs : undefined", 'ttlMs'],
    ['test/registry/record-size.test.ts', 'with a time to live of a megabyte in its discovery'],
  ),
  mutation(
    'an end of the settings of tools that are gone, when they are accepted',
    'src/registry/settings/accept-tools.ts',
    ['fittingSettings(tools, list?.tools ?? [])', 'tools'],
    ['test/registry/record-size.test.ts', 'that a person accepts each time'],
  ),
  mutation(
    'an end of the definitions of tools that are gone',
    'src/registry/settings/accept-tools.ts',
    [
      'forget = [...superseded, ...Object.keys(tools).filter((name) => !Object.hasOwn(fitting, name))]',
      'forget = superseded',
    ],
    ['test/registry/record-size.test.ts', 'that a person accepts each time'],
  ),
  slow(
    mutation(
      'a look at the first line only, to tell TOML from JSON',
      'src/import/read-document.ts',
      ['[^\\S\\n]*(?:#.*)?(?:\\n|$)`,\n)', "[^\\S\\n]*(?:#.*)?(?:\\n|$)`, 'm',\n)"],
      [dear, 'ends soon: line feeds'],
    ),
  ),
  slow(
    mutation(
      'one way to read blanks in a variable',
      'src/import/template.ts',
      ['\\{\\{([^{}]{1,200})\\}\\}/g', '\\{\\{\\s*([^{}]{1,200}?)\\s*\\}\\}/g'],
      [dear, 'ends soon: blanks in a variable'],
    ),
  ),
  mutation(
    'a bound for a command line with its variables',
    'src/import/wrapped-remote.ts',
    ['return left < 0 ? [] : filled', 'return filled'],
    [dear, 'fills no memory'],
  ),
  mutation(
    'a bound for a text that is filled in',
    'src/import/template.ts',
    ['if (filled.length > maxFilled)', 'if (false)'],
    [dear, 'is refused, and the others are connected'],
  ),
  mutation(
    'a bound for the name of a server of a list',
    'src/import/visible-entry.ts',
    ['name: shortName(name)', 'name: visible(name)'],
    [dear, 'gives each server a name that an integration can have'],
  ),
  mutation(
    'a bound for the headers of a server of a list',
    'src/import/remote-server.ts',
    ['headerCount > maxHeaders', 'false'],
    [dear, 'with more headers than a server can have'],
  ),
  mutation(
    'a name of its own for each server of a list',
    'src/import/read-servers.ts',
    ['name: distinctName(entry.name, names)', 'name: entry.name'],
    ['test/import/read-servers.test.ts', 'has a name of its own'],
  ),
  mutation(
    'a variable of its own for each header',
    'src/import/export-servers.ts',
    ["const variable = distinctName(wanted, variables, '_')", 'const variable = wanted'],
    ['test/import/import-servers.test.ts', 'has a variable of its own for each header'],
  ),
  mutation(
    'ids that only one name can have',
    connector,
    ['if (isOnlyOne && rest.length === 1) return id', 'if (true) return id.slice(0, 64).toLowerCase()'],
    [connectors, 'gives no two servers one id'],
  ),
  mutation(
    'prefixes that a header can have',
    connector,
    ['/^[\\x20-\\x7e\\t]{1,200}$/.test(prefix)', 'prefix.length <= 200'],
    [connectors, 'whatever strangers publish'],
  ),
  slow(
    mutation(
      'a list for those who come while another one is read',
      'src/import/registry-connectors.ts',
      ['else loading.catch(() => {})', 'else await loading.catch(() => {})'],
      [connectors, 'waits for nothing once it has a list'],
    ),
  ),
]
