import { css } from 'lit'

/** The table of tools and the details of one. */
export const tools = css`
  .filters {
    display: flex;
    gap: 0.5rem;
    margin-bottom: 0.6rem;
  }
  .filters select {
    width: 8.5rem;
  }
  .tool-row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    grid-template-areas:
      'name switch'
      'label label'
      'mode mode';
    align-items: center;
    gap: 0.5rem 0.9rem;
    padding: 0.7rem 1rem;
  }
  .tool-head {
    display: none;
  }
  .tool-name {
    grid-area: name;
    min-width: 0;
  }
  .tool-name .meta {
    padding-inline-start: 1.35rem;
  }
  .tool-label {
    grid-area: label;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    align-self: start;
    gap: 0.1rem 0.4rem;
    padding-inline-start: 1.35rem;
  }
  .tool-label .meta {
    font-size: 0.75rem;
  }
  .tool-switch {
    grid-area: switch;
    display: flex;
    justify-content: end;
  }
  .tool-mode {
    grid-area: mode;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.2rem 0.7rem;
    padding-inline-start: 1.35rem;
  }
  .tool-mode select {
    width: auto;
    max-width: 100%;
  }
  .effect {
    font-size: 0.75rem;
  }
  .effect-auto {
    color: var(--_good);
    font-weight: 600;
  }
  .effect-ask {
    color: var(--_warn);
    font-weight: 600;
  }
  .effect-deny {
    color: var(--_bad);
    font-weight: 600;
  }
  .disclosure {
    display: inline-flex;
    align-items: center;
    gap: 0.35rem;
    max-width: 100%;
    min-height: 1.5rem;
    padding: 0;
    border: 0;
    border-radius: 0.25rem;
    background: none;
    text-align: start;
    cursor: pointer;
  }
  .disclosure .icon {
    color: var(--_muted);
    rotate: -90deg;
    transition: rotate 0.15s;
  }
  .disclosure[aria-expanded='true'] .icon {
    rotate: 0deg;
  }
  .tool-name .name-line {
    padding-inline-start: 1.35rem;
  }
  .tool-name .disclosure {
    margin-inline-start: -1.35rem;
  }
  .tool-details {
    display: grid;
    gap: 1rem 2rem;
    padding: 0.25rem 1rem 1.1rem 2.35rem;
  }
  .tool-details > div {
    display: grid;
    align-content: start;
    gap: 0.5rem;
    min-width: 0;
  }
  .tool-settings {
    gap: 1rem !important;
  }
  @container (min-width: 38rem) {
    .tool-row {
      grid-template-columns: minmax(0, 1fr) 8.25rem 3.75rem 11.5rem;
      grid-template-areas: 'name label switch mode';
    }
    .tool-head {
      display: grid;
      grid-template-areas: none;
      padding-block: 0.5rem;
      border-bottom: 1px solid var(--_line);
      border-radius: var(--_radius) var(--_radius) 0 0;
      background: var(--_hover);
      color: var(--_muted);
      font-size: 0.8125rem;
      font-weight: 500;
    }
    .tool-label {
      align-self: center;
      padding: 0;
    }
    .tool-switch {
      justify-content: start;
    }
    .tool-mode {
      display: block;
      padding: 0;
    }
    .tool-mode select {
      width: 100%;
    }
    .effect {
      margin-top: 0.15rem;
    }
    .tool-details {
      grid-template-columns: minmax(0, 1fr) 15rem;
    }
  }
  .server-says {
    display: grid;
    gap: 0.25rem;
  }
  .foreign {
    padding-inline-start: 0.7rem;
    border-inline-start: 3px solid var(--_line);
    white-space: pre-wrap;
  }
  .plain-list {
    display: grid;
    gap: 0.35rem;
  }
  .parameters li {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.1rem 0.5rem;
    font-size: 0.8125rem;
  }
  .parameters .foreign {
    flex-basis: 100%;
    color: var(--_muted);
  }
  .more {
    margin-top: 0.4rem;
    font-size: 0.8125rem;
  }
  .more summary {
    width: fit-content;
    min-height: 1.5rem;
    padding-block: 0.15rem;
    color: var(--_muted);
    border-radius: 0.25rem;
    cursor: pointer;
  }
  .more > :not(summary) {
    margin-top: 0.4rem;
  }
  .left-out {
    padding-inline: 1rem;
  }
  .left-out[open] {
    padding-block-end: 0.5rem;
  }
  .code {
    max-height: 20rem;
    padding: 0.75rem 0.9rem;
    overflow: auto;
    border-radius: var(--_radius-small);
    background: var(--_sunken);
    font: 0.75rem/1.5 var(--_mono);
  }
`
