import { css } from 'lit'

/** Tools to review: before and now. */
export const toolChanges = css`
  .changes > .muted {
    margin-bottom: 0.6rem;
  }
  .change {
    display: grid;
    gap: 0.6rem;
    padding: 0.9rem 1rem;
  }
  .change-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem 1rem;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
  .differences {
    display: grid;
    gap: 0.6rem;
  }
  .difference {
    display: grid;
    gap: 0.3rem;
  }
  .side {
    display: grid;
    grid-template-columns: 3.75rem minmax(0, 1fr);
    gap: 0.5rem;
    padding: 0.4rem 0.6rem;
    border-radius: var(--_radius-small);
    white-space: pre-wrap;
  }
  .side-name {
    font-size: 0.75rem;
    font-weight: 600;
    line-height: 1.55;
  }
  .side.before {
    background: var(--_bad-soft);
  }
  .side.before .side-name {
    color: var(--_bad);
  }
  .side.after {
    background: var(--_good-soft);
  }
  .side.after .side-name {
    color: var(--_good);
  }
  .side .muted {
    color: var(--_text);
    font-style: italic;
  }
  @container (min-width: 38rem) {
    .difference {
      grid-template-columns: 1fr 1fr;
    }
    .difference > .meta {
      grid-column: 1 / -1;
    }
  }
`
