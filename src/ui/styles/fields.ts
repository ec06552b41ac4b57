import { css } from 'lit'

/** Inputs with their labels, help and problems. */
export const fields = css`
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
  .error {
    color: var(--_bad);
    font-size: 0.8125rem;
    font-weight: 500;
  }
  .problem:empty,
  .error:empty,
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
`
