import { css } from 'lit'

/** Menus, dialogs and notices above the page. */
export const overlays = css`
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
`
