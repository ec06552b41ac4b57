import { css } from 'lit'

/** The page of one integration, without its tools. */
export const integration = css`
  .integration-head {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    grid-template-areas:
      'avatar name menu'
      'status status status'
      'actions actions actions';
    align-items: center;
    gap: 0.4rem 0.9rem;
  }
  .integration-head .avatar {
    width: 2.75rem;
    height: 2.75rem;
    font-size: 1.125rem;
  }
  .integration-head + .columns {
    margin-top: -0.25rem;
  }
  .badges {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem;
    margin-top: 0.25rem;
  }
  nav + .integration-head,
  nav + .skeleton {
    margin-top: -1rem;
  }
  .back {
    margin-inline-start: -0.6rem;
  }
  .columns {
    display: grid;
    gap: 1.75rem 1.5rem;
  }
  @container (min-width: 46rem) {
    .integration-head {
      grid-template-columns: auto minmax(0, 1.2fr) minmax(0, 1fr) auto auto;
      grid-template-areas: 'avatar name status actions menu';
    }
    .integration-head .row-actions > .button {
      margin-top: 0;
    }
    .integration-head .row-actions > mcp-part-menu {
      align-self: center;
    }
  }
  @container (min-width: 62rem) {
    .columns {
      grid-template-columns: minmax(0, 1fr) 19rem;
    }
  }
  .facts {
    display: grid;
    gap: 0.5rem;
  }
  .facts > div {
    display: grid;
    grid-template-columns: 6.25rem minmax(0, 1fr);
    gap: 0.5rem;
  }
  .facts dt {
    line-height: 1.6;
  }
  .facts dt,
  .term {
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  .side-row {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    padding: 0.6rem 0.75rem 0.6rem 1.1rem;
  }
  .side-row .row-name {
    flex: 1;
  }
`
