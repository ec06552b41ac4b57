import { css } from 'lit'

/**
 * Colours and sizes. A host can set the `--mcp-*` ones; the others follow the `color-scheme` of its page. Borders of fields and
 * switches have a contrast of 3:1 to their background, text 4.5:1.
 */
export const tokens = css`
  :host {
    --_page: var(--mcp-color-page, light-dark(#fbfbf9, #131312));
    --_surface: var(--mcp-color-surface, light-dark(#ffffff, #1c1c1a));
    --_sunken: var(--mcp-color-sunken, light-dark(#f4f3ef, #262623));
    --_line: var(--mcp-color-line, light-dark(#e4e2dc, #33322e));
    --_field-line: var(--mcp-color-field-line, light-dark(#8d8b82, #75736b));
    --_hover: var(--mcp-color-hover, light-dark(#f8f7f4, #21211f));
    --_text: var(--mcp-color-text, light-dark(#1b1a17, #f2f1ed));
    --_muted: var(--mcp-color-muted, light-dark(#63615a, #aaa8a0));
    --_strong: var(--mcp-color-strong, light-dark(#1b1a17, #f2f1ed));
    --_on-strong: var(--mcp-color-on-strong, light-dark(#ffffff, #1b1a17));
    --_accent: var(--mcp-color-accent, light-dark(#2b57d9, #93acff));
    --_on-accent: var(--mcp-color-on-accent, light-dark(#ffffff, #10193a));
    --_good: var(--mcp-color-good, light-dark(#16693f, #6fd3a0));
    --_good-soft: var(--mcp-color-good-soft, light-dark(#e4f3ea, #17301f));
    --_warn: var(--mcp-color-warn, light-dark(#874c00, #f0b45c));
    --_warn-soft: var(--mcp-color-warn-soft, light-dark(#fdf0db, #362508));
    --_bad: var(--mcp-color-bad, light-dark(#b0241c, #ff9187));
    --_bad-soft: var(--mcp-color-bad-soft, light-dark(#fde9e7, #3d1613));
    --_off: var(--mcp-color-off, light-dark(#6b6962, #a09e96));
    --_radius: var(--mcp-radius, 0.625rem);
    --_radius-small: calc(var(--_radius) * 0.7);
    --_shadow: 0 0.5rem 1.75rem light-dark(rgb(30 28 20 / 0.14), rgb(0 0 0 / 0.6));
    --_font: var(
      --mcp-font,
      Inter,
      -apple-system,
      BlinkMacSystemFont,
      'Segoe UI',
      Roboto,
      'Noto Sans',
      Cantarell,
      Ubuntu,
      'Helvetica Neue',
      Arial,
      sans-serif
    );
    --_mono: var(--mcp-font-mono, ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace);

    display: block;
    container-type: inline-size;
    color: var(--_text);
    font-family: var(--_font);
    font-size: var(--mcp-font-size, 0.875rem);
    line-height: 1.45;
    text-align: start;
    -webkit-font-smoothing: antialiased;
  }
  :host([hidden]) {
    display: none;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  :is(h1, h2, h3, h4, p, ul, dl, dd, pre, fieldset, legend) {
    margin: 0;
    padding: 0;
    border: 0;
    font-size: inherit;
    font-weight: inherit;
  }
  ul {
    list-style: none;
  }
  h1 {
    font-size: 1.5rem;
    font-weight: 600;
    letter-spacing: -0.02em;
    line-height: 1.2;
  }
  h2 {
    font-size: 0.875rem;
    font-weight: 600;
  }
  h3 {
    font-size: 0.9375rem;
    font-weight: 600;
  }
  h4,
  .strong {
    font-weight: 600;
  }
  :is(h1, h2, h3, p, dd, li, span, button) {
    overflow-wrap: anywhere;
  }
  .muted,
  .meta {
    color: var(--_muted);
  }
  .meta {
    font-size: 0.8125rem;
  }
  .mono {
    font-family: var(--_mono);
    font-size: 0.8125rem;
  }
  .grow {
    flex: 1;
  }
  .icon {
    width: 1rem;
    height: 1rem;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
    vertical-align: -0.15em;
  }
  .tone-good {
    color: var(--_good);
  }
  .tone-warn {
    color: var(--_warn);
  }
  .tone-bad {
    color: var(--_bad);
  }
  .tone-off {
    color: var(--_off);
  }
  .tone-busy {
    color: var(--_accent);
  }
  .hidden-character {
    border-radius: 0.2rem;
    padding: 0 0.2em;
    margin: 0 0.1em;
    background: var(--_bad-soft);
    color: var(--_bad);
    font: 600 0.85em var(--_mono);
    outline: 1px solid currentColor;
    outline-offset: -1px;
  }
`
