import { css } from 'lit'

/** How the views are laid out, from 320 px to wide: by the width of the element, not of the window. */
export const layout = css`
  .shell {
    display: grid;
    gap: 1.75rem;
  }
  mcp-part-list,
  mcp-part-integration,
  mcp-part-inbox {
    display: grid;
    gap: 1.75rem;
    min-width: 0;
  }
  mcp-part-tools,
  .main-column,
  .side-column {
    display: grid;
    align-content: start;
    gap: 1.5rem;
    min-width: 0;
  }
  mcp-part-tool,
  mcp-part-grants,
  mcp-part-calls,
  mcp-part-changes,
  mcp-part-arguments,
  mcp-part-approval {
    display: block;
    min-width: 0;
  }
  .page-head {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    justify-content: space-between;
    gap: 0.75rem 1.5rem;
  }
  .page-head > :first-child {
    flex: 1 1 18rem;
  }
  .page-head > .buttons {
    flex-wrap: nowrap;
  }
  .page-head h1 + p {
    margin-top: 0.25rem;
  }
  section {
    min-width: 0;
  }
  .section-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.4rem 0.75rem;
    min-height: 2.125rem;
    margin-bottom: 0.4rem;
  }
  .section-head .search {
    flex: 1 1 12rem;
    max-width: 100%;
  }
  .card {
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    min-width: 0;
  }
  .padded {
    padding: 0.9rem 1.1rem;
  }
  .rows > :not(:first-child) {
    border-top: 1px solid var(--_line);
  }
  .banner {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    padding: 0.45rem 0.6rem 0.45rem 1rem;
    border-radius: var(--_radius);
    background: var(--_warn-soft);
    color: var(--_warn);
    font-weight: 500;
    flex-wrap: wrap;
  }
  .banner span {
    flex: 1 1 10rem;
  }
  .banner .button {
    color: inherit;
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }

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
  /* The whole row opens what its name names; the buttons in it lie above. */
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

  .tiles {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr));
    gap: 0.75rem;
  }
  .tile {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    grid-template-rows: 1fr auto;
    gap: 0.7rem 0.9rem;
    padding: 1rem;
  }
  .tile-foot {
    grid-column: 2;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.4rem 0.75rem;
  }
  .clamp {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    overflow: hidden;
  }
  .empty {
    display: grid;
    justify-items: center;
    gap: 0.3rem;
    padding: 2.25rem 1.25rem;
    text-align: center;
  }
  .empty .button {
    margin-top: 0.6rem;
  }
  .empty-picture {
    display: grid;
    place-items: center;
    width: 2.5rem;
    height: 2.5rem;
    margin-bottom: 0.4rem;
    border-radius: 50%;
    background: var(--_sunken);
    color: var(--_muted);
  }
  .bone {
    display: block;
    width: 9rem;
    max-width: 100%;
    height: 0.8rem;
    margin: 0.3rem 0;
    border-radius: 0.3rem;
    background: var(--_sunken);
    animation: breathe 1.6s ease-in-out infinite;
  }
  .bone.short {
    width: 6rem;
  }
  .bone.avatar {
    width: 2.25rem;
    height: 2.25rem;
    margin: 0;
  }
  @keyframes breathe {
    50% {
      opacity: 0.45;
    }
  }

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
