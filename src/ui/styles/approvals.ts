import { css } from 'lit'

/** Requests that wait for a decision, and their arguments. */
export const approvals = css`
  .approvals {
    display: grid;
    gap: 1rem;
  }
  .approval {
    display: grid;
    gap: 0.9rem;
    padding: 1.1rem 1.25rem;
  }
  .approval .facts > div {
    grid-template-columns: 3.75rem minmax(0, 1fr);
  }
  .approval h3 {
    font-size: 1.0625rem;
    letter-spacing: -0.005em;
  }
  .label-line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.2rem 0.5rem;
    margin-top: 0.5rem;
  }
  .arguments-head {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    min-height: 1.75rem;
    margin-bottom: -0.5rem;
  }
  .arguments {
    display: grid;
    gap: 0.55rem;
    padding: 0.8rem 0.95rem;
    border-radius: var(--_radius-small);
    background: var(--_sunken);
    font: 0.8125rem/1.5 var(--_mono);
  }
  .arguments > div {
    display: grid;
    gap: 0 1.25rem;
  }
  .arguments dt {
    color: var(--_muted);
  }
  .arguments .value {
    white-space: pre-wrap;
  }
  .arguments .button {
    margin-top: 0.35rem;
    font-family: var(--_font);
  }
  @container (min-width: 30rem) {
    .arguments {
      grid-template-columns: fit-content(11rem) minmax(0, 1fr);
      column-gap: 1.25rem;
    }
    .arguments > div {
      grid-column: 1 / -1;
      grid-template-columns: subgrid;
    }
  }
  .note {
    margin-top: 0.4rem;
    font-size: 0.8125rem;
    font-weight: 500;
  }
  .outcome {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.2rem 0.9rem;
    padding-top: 0.8rem;
    border-top: 1px solid var(--_line);
  }
`
