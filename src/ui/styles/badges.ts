import { css } from 'lit'

/** Badges, status dots and avatars. */
export const badges = css`
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    padding: 0.08rem 0.45rem;
    border-radius: 0.4rem;
    background: var(--_sunken);
    color: var(--_muted);
    font-size: 0.75rem;
    font-weight: 500;
    white-space: nowrap;
  }
  .badge .icon {
    width: 0.75rem;
    height: 0.75rem;
  }
  .badge.tone-good {
    background: var(--_good-soft);
    color: var(--_good);
  }
  .badge.tone-warn {
    background: var(--_warn-soft);
    color: var(--_warn);
  }
  .badge.tone-bad {
    background: var(--_bad-soft);
    color: var(--_bad);
  }
  .badge.outline {
    background: transparent;
    box-shadow: inset 0 0 0 1px var(--_field-line);
  }
  .dot {
    flex: none;
    width: 0.5rem;
    height: 0.5rem;
    border-radius: 50%;
    background: currentColor;
  }
  .status {
    display: flex;
    align-items: center;
    gap: 0.45rem;
    font-weight: 500;
  }
  .avatar {
    display: grid;
    place-items: center;
    flex: none;
    width: 2.25rem;
    height: 2.25rem;
    border-radius: 0.55rem;
    object-fit: contain;
    font-weight: 600;
    background: light-dark(hsl(var(--_hue) 60% 93%), hsl(var(--_hue) 30% 20%));
    color: light-dark(hsl(var(--_hue) 65% 30%), hsl(var(--_hue) 70% 80%));
  }
  .tint-0 {
    --_hue: 245;
  }
  .tint-1 {
    --_hue: 150;
  }
  .tint-2 {
    --_hue: 25;
  }
  .tint-3 {
    --_hue: 330;
  }
  .tint-4 {
    --_hue: 205;
  }
  .tint-5 {
    --_hue: 75;
  }
  .tint-6 {
    --_hue: 280;
  }
  .tint-7 {
    --_hue: 0;
  }
`
