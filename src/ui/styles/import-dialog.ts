import { css } from 'lit'

/** The servers found in a list, and their checkboxes. */
export const importDialog = css`
  .import-row {
    display: grid;
    gap: 0.2rem;
    padding: 0.7rem 1rem;
  }
  .import-row > .choice .name-line {
    flex: 1;
  }
  .import-more {
    display: grid;
    gap: 0.2rem;
    padding-inline-start: 1.7rem;
  }
  .import-more .field {
    margin-top: 0.5rem;
  }
  .import-row.is-off {
    color: var(--_muted);
  }
`
