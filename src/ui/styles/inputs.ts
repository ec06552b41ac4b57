import { css } from 'lit'

/** Inputs, selects, checkboxes and switches. */
export const inputs = css`
  input:is([type='text'], [type='url'], [type='password'], [type='search']),
  textarea,
  select {
    width: 100%;
    min-height: 2.125rem;
    padding: 0.35rem 0.65rem;
    border: 1px solid var(--_field-line);
    border-radius: var(--_radius-small);
    background: var(--_surface);
    color: var(--_text);
  }
  textarea {
    resize: vertical;
    line-height: 1.5;
  }
  select {
    appearance: none;
    padding-inline-end: 1.9rem;
    background-image:
      linear-gradient(45deg, transparent 50%, var(--_muted) 50%),
      linear-gradient(-45deg, transparent 50%, var(--_muted) 50%);
    background-position:
      right 0.95rem center,
      right 0.68rem center;
    background-size: 0.3rem 0.3rem;
    background-repeat: no-repeat;
    cursor: pointer;
    text-overflow: ellipsis;
  }
  ::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  input[readonly] {
    background-color: var(--_sunken);
    color: var(--_muted);
  }
  [aria-invalid='true']:not([type='checkbox']) {
    border-color: var(--_bad) !important;
    box-shadow: 0 0 0 1px var(--_bad);
  }
  :is(select, input):disabled {
    cursor: default;
    opacity: 0.65;
  }
  input:is([type='checkbox'], [type='radio']):not(.switch) {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    margin: 0.1rem 0 0;
    accent-color: var(--_accent);
  }
  .switch {
    appearance: none;
    position: relative;
    flex: none;
    width: 2.375rem;
    height: 1.5rem;
    margin: 0;
    border: 1.5px solid var(--_field-line);
    border-radius: 1rem;
    background: var(--_sunken);
    cursor: pointer;
    transition:
      background-color 0.15s,
      border-color 0.15s;
  }
  .switch::before {
    content: '';
    position: absolute;
    inset-block-start: 50%;
    inset-inline-start: 0.22rem;
    width: 1rem;
    height: 1rem;
    border-radius: 50%;
    background: var(--_off);
    translate: 0 -50%;
    transition:
      translate 0.15s,
      background-color 0.15s;
  }
  .switch:checked {
    border-color: var(--_good);
    background: var(--_good);
  }
  .switch:checked::before {
    translate: 0.82rem -50%;
    background: var(--_surface);
  }
  :host(:dir(rtl)) .switch:checked::before {
    translate: -0.82rem -50%;
  }
`
