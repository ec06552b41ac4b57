// Builds what the browser gets of `mcp-integrations/ui`: one script with lit in it, and the style of the document.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Leaves out of templates what is for us only. */
export const templatesPlugin = {
  name: 'templates',
  setup: ({ onLoad }) => onLoad({ filter: /src\/ui\/.*\.ts$/ }, withoutIndents),
}

/** For esbuild: `#settings-page` is a module that holds the built page. */
export const pagePlugin = {
  name: 'settings-page',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#settings-page$/ }, () => ({ path: 'settings-page', namespace: 'built' }))
    onLoad({ filter: /.*/, namespace: 'built' }, async () => ({ contents: await settingsPageModule() }))
  },
}

/** The same for vitest. */
export const pageVitePlugin = {
  name: 'settings-page',
  enforce: 'pre',
  resolveId: (id) => (id === '#settings-page' ? `\0${id}` : undefined),
  load: (id) => (id === '\0#settings-page' ? settingsPageModule() : undefined),
}

/** @returns the bundle of a program for browsers, as text */
export async function bundle(entry) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [templatesPlugin],
  })
  return outputFiles[0].text
}

/** The source of the module `#settings-page`. */
export async function settingsPageModule() {
  const style = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'src/ui/page.css')],
    minify: true,
    write: false,
  })
  return [
    `export const script = ${JSON.stringify(await bundle('src/ui/page.ts'))}`,
    `export const style = ${JSON.stringify(style.outputFiles[0].text)}`,
  ].join('\n')
}

/** Indents of templates are for us: between tags a line break is a space, in a style sheet it is nothing. */
function withoutIndents({ path }) {
  const text = readFileSync(path, 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  const edits = []
  const visit = (node) => {
    if (ts.isTaggedTemplateExpression(node) && ['html', 'svg', 'css'].includes(node.tag.getText(source)))
      for (const part of partsOf(node.template)) edits.push({ part, css: node.tag.getText(source) === 'css' })
    ts.forEachChild(node, visit)
  }
  visit(source)
  let contents = text
  for (const { part, css } of edits.toSorted((a, b) => b.part.getStart() - a.part.getStart())) {
    const [start, end] = [part.getStart(source), part.getEnd()]
    contents = contents.slice(0, start) + shortened(text.slice(start, end), css) + contents.slice(end)
  }
  return { contents, loader: 'ts' }
}

function partsOf(template) {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return [template]
  return [template.head, ...template.templateSpans.map(({ literal }) => literal)]
}

function shortened(text, css) {
  if (!css) return text.replace(/\s*\n\s*/g, ' ')
  return text
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .replace(/: /g, ':')
    .replace(/;}/g, '}')
}
