import { css } from 'lit'

/** Buttons and links, and how focus is shown. */
export const buttons = css`
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
`
