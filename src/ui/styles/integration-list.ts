import { css } from 'lit'

/** The list of connected integrations. */
export const integrationList = css`
  .row {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    grid-template-areas:
      'avatar name menu'
      'avatar status status'
      'avatar actions actions';
    align-items: center;
    gap: 0.15rem 0.9rem;
    position: relative;
    padding: 0.8rem 1rem;
    transition: background-color 0.12s;
  }
  .rows > .row:has(.name):hover {
    background: var(--_hover);
  }
  .rows > .row:first-child {
    border-start-start-radius: var(--_radius);
    border-start-end-radius: var(--_radius);
  }
  .rows > .row:last-child {
    border-end-start-radius: var(--_radius);
    border-end-end-radius: var(--_radius);
  }
  .row > .avatar {
    grid-area: avatar;
    align-self: start;
  }
  .row-name {
    grid-area: name;
    min-width: 0;
  }
  .row-status {
    grid-area: status;
    min-width: 0;
  }
  .row-actions {
    display: contents;
  }
  .row-actions > * {
    position: relative;
  }
  .row-actions > .button {
    grid-area: actions;
    justify-self: start;
    margin-top: 0.5rem;
  }
  .row-actions > mcp-part-menu {
    grid-area: menu;
    align-self: start;
  }
  .is-off :is(.avatar, .tool-name, .tool-label) {
    opacity: 0.75;
  }
  .name-line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.2rem 0.5rem;
  }
  .name {
    min-height: 1.5rem;
    padding: 0;
    border: 0;
    background: none;
    font-size: 0.9375rem;
    font-weight: 600;
    text-align: start;
    cursor: pointer;
    border-radius: 0.2rem;
  }
  /* The whole row opens the integration; its buttons lie above. */
  .name::after {
    content: '';
    position: absolute;
    inset: 0;
    border-radius: inherit;
  }
  .name:focus-visible {
    outline: none;
  }
  .name:focus-visible::after {
    outline: 2px solid var(--_accent);
    outline-offset: -2px;
    border-radius: var(--_radius-small);
  }
  @container (min-width: 34rem) {
    .section-head .search {
      flex: none;
      width: 15rem;
      margin-inline-start: auto;
    }
  }
  @container (min-width: 46rem) {
    .row {
      grid-template-columns: auto minmax(0, 1.2fr) minmax(0, 1fr) 8rem auto;
      grid-template-areas: 'avatar name status actions menu';
      gap: 0.5rem 1rem;
    }
    .row > .avatar,
    .row-actions > mcp-part-menu {
      align-self: center;
    }
    .row-actions > .button {
      justify-self: end;
      margin-top: 0;
    }
  }
`
