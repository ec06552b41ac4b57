import { css } from 'lit'

/** The frame of the page: parts, sections, cards. Laid out by the width of the element, not of the window. */
export const page = css`
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
  mcp-part-arguments-editor,
  mcp-part-check,
  mcp-part-headers,
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
`
