import { css } from 'lit'

/** Buttons, fields, switches, badges, menus, dialogs, notices. */
export const controls = css`
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  [tabindex='-1']:focus {
    outline: none;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.4rem;
    min-height: 2.125rem;
    padding: 0.3rem 0.8rem;
    border: 1px solid var(--_field-line);
    border-radius: var(--_radius-small);
    background: var(--_surface);
    color: var(--_text);
    font-weight: 500;
    line-height: 1.2;
    white-space: nowrap;
    cursor: pointer;
    transition:
      background-color 0.12s,
      border-color 0.12s,
      color 0.12s,
      opacity 0.2s;
  }
  .button:hover {
    background: var(--_sunken);
  }
  .button:active {
    transform: translateY(0.5px);
  }
  .button.small {
    min-height: 1.75rem;
    padding: 0.15rem 0.6rem;
    font-size: 0.8125rem;
  }
  .button.quiet {
    border-color: transparent;
    background: transparent;
    color: var(--_muted);
  }
  .button.quiet:hover {
    background: var(--_sunken);
    color: var(--_text);
  }
  .button.square {
    flex: none;
    width: 2.125rem;
    padding: 0;
  }
  .button.primary {
    border-color: var(--_strong);
    background: var(--_strong);
    color: var(--_on-strong);
  }
  .button.accent {
    border-color: var(--_accent);
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .button.danger {
    border-color: var(--_bad);
    background: var(--_bad);
    color: light-dark(#fff, #2a0a08);
  }
  .button:is(.primary, .accent, .danger):hover {
    opacity: 0.88;
  }
  .button[aria-disabled='true'] {
    cursor: default;
    opacity: 0.62;
  }
  .button.busy::after {
    content: '';
    width: 0.8em;
    height: 0.8em;
    border: 2px solid currentColor;
    border-right-color: transparent;
    border-radius: 50%;
    animation: turn 0.8s linear infinite;
  }
  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }
  .link {
    color: var(--_accent);
    font-size: 0.8125rem;
    text-underline-offset: 0.15em;
  }
  .link .icon {
    width: 0.75rem;
    height: 0.75rem;
  }

  input:is([type='text'], [type='url'], [type='password'], [type='search']),
  textarea,
  select {
    width: 100%;
    min-height: 2.125rem;
    padding: 0.35rem 0.65rem;
    border: 1px solid var(--_field-line);
    border-radius: var(--_radius-small);
    background: var(--_surface);
    color: var(--_text);
  }
  textarea {
    resize: vertical;
    line-height: 1.5;
  }
  select {
    appearance: none;
    padding-inline-end: 1.9rem;
    background-image:
      linear-gradient(45deg, transparent 50%, var(--_muted) 50%),
      linear-gradient(-45deg, transparent 50%, var(--_muted) 50%);
    background-position:
      right 0.95rem center,
      right 0.68rem center;
    background-size: 0.3rem 0.3rem;
    background-repeat: no-repeat;
    cursor: pointer;
    text-overflow: ellipsis;
  }
  ::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  input[readonly] {
    background-color: var(--_sunken);
    color: var(--_muted);
  }
  [aria-invalid='true']:not([type='checkbox']) {
    border-color: var(--_bad) !important;
    box-shadow: 0 0 0 1px var(--_bad);
  }
  :is(select, input):disabled {
    cursor: default;
    opacity: 0.65;
  }
  input:is([type='checkbox'], [type='radio']):not(.switch) {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    margin: 0.1rem 0 0;
    accent-color: var(--_accent);
  }
  .switch {
    appearance: none;
    position: relative;
    flex: none;
    width: 2.375rem;
    height: 1.5rem;
    margin: 0;
    border: 1.5px solid var(--_field-line);
    border-radius: 1rem;
    background: var(--_sunken);
    cursor: pointer;
    transition:
      background-color 0.15s,
      border-color 0.15s;
  }
  .switch::before {
    content: '';
    position: absolute;
    inset-block-start: 50%;
    inset-inline-start: 0.22rem;
    width: 1rem;
    height: 1rem;
    border-radius: 50%;
    background: var(--_off);
    translate: 0 -50%;
    transition:
      translate 0.15s,
      background-color 0.15s;
  }
  .switch:checked {
    border-color: var(--_good);
    background: var(--_good);
  }
  .switch:checked::before {
    translate: 0.82rem -50%;
    background: var(--_surface);
  }
  :host(:dir(rtl)) .switch:checked::before {
    translate: -0.82rem -50%;
  }

  .field {
    display: grid;
    gap: 0.3rem;
  }
  .field > label:not(.choice),
  .field > legend,
  .switch-field label {
    font-weight: 550;
  }
  .field > legend {
    margin-bottom: 0.15rem;
  }
  .help {
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  .problem,
  .fault {
    color: var(--_bad);
    font-size: 0.8125rem;
    font-weight: 500;
  }
  .problem:empty,
  .fault:empty,
  .note:empty {
    display: none;
  }
  .switch-field {
    grid-template-columns: 1fr auto;
    align-items: center;
    gap: 1rem;
  }
  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 0.35rem 1.25rem;
  }
  .choice {
    display: flex;
    gap: 0.55rem;
    align-items: start;
    min-height: 1.5rem;
    padding-block: 0.1rem;
    cursor: pointer;
  }
  .header-row {
    display: grid;
    grid-template-columns: minmax(0, 2fr) minmax(0, 3fr) auto;
    gap: 0.4rem;
  }
  .header-row .problem {
    grid-column: 1 / -1;
  }
  .field > .small {
    justify-self: start;
  }
  @media (max-width: 26rem) {
    .header-row {
      grid-template-columns: minmax(0, 1fr) auto;
    }
    .header-row input[type='password'] {
      grid-row: 2;
      grid-column: 1 / -1;
    }
  }
  .check-line {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 0.4rem 0.75rem;
  }
  .check-line p {
    flex: 1;
    min-width: 12rem;
    font-size: 0.8125rem;
  }
  .search {
    position: relative;
    display: block;
  }
  .search .icon {
    position: absolute;
    inset-block-start: 0.56rem;
    inset-inline-start: 0.6rem;
    color: var(--_muted);
  }
  .search input {
    padding-inline-start: 2rem !important;
  }

  .badge {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    padding: 0.08rem 0.45rem;
    border-radius: 0.4rem;
    background: var(--_sunken);
    color: var(--_muted);
    font-size: 0.75rem;
    font-weight: 500;
    white-space: nowrap;
  }
  .badge .icon {
    width: 0.75rem;
    height: 0.75rem;
  }
  .badge.tone-good {
    background: var(--_good-soft);
    color: var(--_good);
  }
  .badge.tone-warn {
    background: var(--_warn-soft);
    color: var(--_warn);
  }
  .badge.tone-bad {
    background: var(--_bad-soft);
    color: var(--_bad);
  }
  .badge.outline {
    background: transparent;
    box-shadow: inset 0 0 0 1px var(--_field-line);
  }
  .dot {
    flex: none;
    width: 0.5rem;
    height: 0.5rem;
    border-radius: 50%;
    background: currentColor;
  }
  .status {
    display: flex;
    align-items: center;
    gap: 0.45rem;
    font-weight: 500;
  }
  .avatar {
    display: grid;
    place-items: center;
    flex: none;
    width: 2.25rem;
    height: 2.25rem;
    border-radius: 0.55rem;
    object-fit: contain;
    font-weight: 600;
    background: light-dark(hsl(var(--_hue) 60% 93%), hsl(var(--_hue) 30% 20%));
    color: light-dark(hsl(var(--_hue) 65% 30%), hsl(var(--_hue) 70% 80%));
  }
  .tint-0 {
    --_hue: 245;
  }
  .tint-1 {
    --_hue: 150;
  }
  .tint-2 {
    --_hue: 25;
  }
  .tint-3 {
    --_hue: 330;
  }
  .tint-4 {
    --_hue: 205;
  }
  .tint-5 {
    --_hue: 75;
  }
  .tint-6 {
    --_hue: 280;
  }
  .tint-7 {
    --_hue: 0;
  }

  .menu {
    position: fixed;
    inset: auto;
    margin: 0;
    min-width: 11rem;
    max-width: min(20rem, calc(100vw - 1rem));
    max-height: calc(100dvh - 1rem);
    overflow: auto;
    padding: 0.3rem;
    border: 1px solid var(--_field-line);
    border-radius: var(--_radius);
    background: var(--_surface);
    color: var(--_text);
    box-shadow: var(--_shadow);
    font-size: 0.875rem;
    animation: rise 0.12s ease-out;
  }
  .menu button {
    display: block;
    width: 100%;
    min-height: 2rem;
    padding: 0.35rem 0.65rem;
    border: 0;
    border-radius: calc(var(--_radius-small) * 0.8);
    background: none;
    text-align: start;
    cursor: pointer;
  }
  .menu button:is(:hover, :focus) {
    background: var(--_sunken);
    outline-offset: -2px;
  }
  .menu .danger {
    color: var(--_bad);
  }

  .dialog {
    width: min(34rem, calc(100vw - 1.5rem));
    max-height: min(46rem, calc(100dvh - 1.5rem));
    padding: 0;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.3);
    background: var(--_surface);
    color: var(--_text);
    box-shadow: var(--_shadow);
    overflow: hidden;
    animation: rise 0.16s ease-out;
  }
  .dialog.wide {
    width: min(46rem, calc(100vw - 1.5rem));
  }
  .dialog::backdrop {
    background: light-dark(rgb(30 28 20 / 0.32), rgb(0 0 0 / 0.62));
    animation: appear 0.16s ease-out;
  }
  .dialog form {
    display: flex;
    flex-direction: column;
    max-height: inherit;
  }
  .dialog form > header {
    display: flex;
    align-items: start;
    justify-content: space-between;
    gap: 1rem;
    padding: 1.1rem 1.1rem 0.4rem 1.4rem;
  }
  .dialog h2 {
    padding-top: 0.3rem;
    font-size: 1.0625rem;
    line-height: 1.3;
  }
  .dialog-body {
    display: grid;
    gap: 1.1rem;
    padding: 0.75rem 1.4rem 1.25rem;
    overflow: auto;
    overscroll-behavior: contain;
  }
  .dialog form > footer {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    padding: 0.85rem 1.4rem;
    border-top: 1px solid var(--_line);
    background: var(--_page);
  }
  .prose {
    max-width: 34rem;
  }
  .destination {
    padding: 0.6rem 0.8rem;
    border-radius: var(--_radius-small);
    background: var(--_sunken);
    font-size: 0.9375rem;
    font-weight: 600;
  }

  .notice-place {
    position: fixed;
    z-index: 10;
    inset-block-end: 1rem;
    inset-inline: 0;
    display: flex;
    justify-content: center;
    padding-inline: 1rem;
    pointer-events: none;
  }
  .notice {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    max-width: 36rem;
    padding: 0.35rem 0.4rem 0.35rem 0.9rem;
    border: 1px solid var(--_field-line);
    border-radius: var(--_radius);
    background: var(--_surface);
    box-shadow: var(--_shadow);
    pointer-events: auto;
    animation: rise 0.18s ease-out;
  }
  .notice > :not(.dot) {
    color: var(--_text);
  }
  .notice.tone-plain .dot {
    color: var(--_muted);
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  @keyframes rise {
    from {
      opacity: 0;
      translate: 0 0.5rem;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after,
    *::backdrop {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .button,
    .badge,
    .card,
    .notice,
    .avatar {
      border: 1px solid;
    }
    .button:is(.primary, .accent, .danger) {
      forced-color-adjust: none;
      border-color: ButtonText;
      background: ButtonText;
      color: ButtonFace;
    }
    .switch {
      border-color: ButtonText;
      background: ButtonFace;
    }
    .switch::before,
    .dot {
      forced-color-adjust: none;
      background: ButtonText;
    }
    .switch:checked {
      border-color: Highlight;
      background: Highlight;
    }
    .switch:checked::before {
      background: HighlightText;
    }
    .menu button:is(:hover, :focus) {
      outline: 2px solid Highlight;
    }
    .hidden-character {
      forced-color-adjust: none;
      background: Mark;
      color: MarkText;
    }
    select {
      appearance: auto;
    }
    .button[aria-disabled='true'] {
      border-color: GrayText;
      color: GrayText;
    }
  }
`
