import { css } from 'lit'

/** System preferences: reduced motion, forced colours. */
export const preferences = css`
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
