import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit'

const paths = {
  back: svg`<path d="M10 3.5 5.5 8l4.5 4.5" />`,
  more: svg`<g fill="currentColor" stroke="none"><circle cx="3" cy="8" r="1.35" /><circle cx="8" cy="8" r="1.35" /><circle cx="13" cy="8" r="1.35" /></g>`,
  down: svg`<path d="m4 6 4 4 4-4" />`,
  close: svg`<path d="m4 4 8 8m0-8-8 8" />`,
  plus: svg`<path d="M8 3v10M3 8h10" />`,
  external: svg`<path d="M6.5 3.5H4A1.5 1.5 0 0 0 2.5 5v7A1.5 1.5 0 0 0 4 13.5h7a1.5 1.5 0 0 0 1.5-1.5V9.5M9.5 2.5h4v4m0-4L7.5 8.5" />`,
  search: svg`<circle cx="7" cy="7" r="4.2" /><path d="m10.2 10.2 3.3 3.3" />`,
  check: svg`<path d="m3.2 8.6 3.1 3.1 6.5-7" />`,
  alert: svg`<path d="M8 2.2 14.3 13H1.7L8 2.2ZM8 6.4v3" /><circle cx="8" cy="11.2" r=".6" fill="currentColor" stroke="none" />`,
  plug: svg`<path d="M5.500 2v3m5-3v3M4 5h8v2.500a4 4 0 0 1-8 0V5Zm4 6.500V14" />`,
  download: svg`<path d="M8 2.500v7m0 0L5 6.800m3 2.700 3-2.700M3 11v1.500A1 1 0 0 0 4 13.500h8a1 1 0 0 0 1-1V11" />`,
  lock: svg`<rect x="3.2" y="7" width="9.6" height="6.5" rx="1.4" /><path d="M5.3 7V5.2a2.7 2.7 0 0 1 5.4 0V7" />`,
  people: svg`<circle cx="6" cy="5.4" r="2.3" /><path d="M1.8 13c.2-2.5 1.9-4 4.2-4s4 1.5 4.2 4M10.6 3.4a2.3 2.3 0 0 1 0 4.1M12 9.4c1.4.5 2.2 1.800 2.300 3.600" />`,
  refresh: svg`<path d="M13 8a5 5 0 1 1-1.500-3.600M13 2.500v3h-3" />`,
} satisfies Record<string, SVGTemplateResult>

/** A decorative icon next to a text with the same meaning, hidden from screen readers. */
export function icon(name: keyof typeof paths): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${paths[name]}</svg>`
}
