import { css } from 'lit'

/** Available integrations, and messages of empty lists. */
export const tiles = css`
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
`
