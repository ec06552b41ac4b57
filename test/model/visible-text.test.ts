import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visible, visiblePieces, visibleText } from '../../src/model/visible-text.js'

const tags = [...'hi'].map((letter) => String.fromCodePoint(0xe0000 + letter.codePointAt(0)!)).join('')

describe('text in which nothing can hide', () => {
  it.each([
    ['a plain sentence, with ümlauts, 日本語 and 🎉', 'a plain sentence, with ümlauts, 日本語 and 🎉'],
    ['two\nlines\ttab', 'two\\u{A}lines\\u{9}tab'],
    ['\u001b[31mred\u001b[0m', '\\u{1B}[31mred\\u{1B}[0m'],
    ['\u009b2J', '\\u{9B}2J'],
    ['invoice\u202egnp.exe', 'invoice\\u{202E}gnp.exe'],
    ['a\u200bb\u2060c\ufeffd', 'a\\u{200B}b\\u{2060}c\\u{FEFF}d'],
    ['\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    [`ok${tags}`, 'ok\\u{E0068}\\u{E0069}'],
    ['a\ufe0f\u{e0100}', 'a\\u{FE0F}\\u{E0100}'],
    ['a\u034fb\u3164c\u115fd\u2800e', 'a\\u{34F}b\\u{3164}c\\u{115F}d\\u{2800}e'],
    ['no\u00a0break\u3000wide', 'no\\u{A0}break\\u{3000}wide'],
    ['x\ud800y\udc00', 'x\\u{D800}y\\u{DC00}'],
    ['a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
    ['private \ue000, no character \uffff', 'private \\u{E000}, no character \\u{FFFF}'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['क्\u200dष', 'क्\u200dष'],
    [
      '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f 1\ufe0f\u20e3',
      '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f 1\ufe0f\u20e3',
    ],
    ['\u845b\u{e0100}', '\u845b\u{e0100}'],
    [
      `${'\u845b\u{e0100}'.repeat(6)} ${'\u845b\ufe00'.repeat(2)}`,
      `${'\u845b\u{e0100}'.repeat(4)}${'\u845b\\u{E0100}'.repeat(2)} ${'\u845b\\u{FE00}'.repeat(2)}`,
    ],
    [
      `${'\u845b\u{e0100}'.repeat(4)}${'\u845b'.repeat(260)}\u{e0101}`,
      `${'\u845b\u{e0100}'.repeat(4)}${'\u845b'.repeat(260)}\u{e0101}`,
    ],
    ['\u182d\u180b \u845b\u180b \u182d\u{e0100}', '\u182d\u180b \u845b\\u{180B} \u182d\\u{E0100}'],
    ['a \u200d b\u200d', 'a \\u{200D} b\\u{200D}'],
    ['\u2764\ufe0f\ufe0f', '\u2764\ufe0f\\u{FE0F}'],
    ['ad\u200dmin \u0430\u200c\u0431 e\u0301\u200dx', 'ad\\u{200D}min \u0430\\u{200C}\u0431 e\u0301\\u{200D}x'],
    ['🎉\u200dA \u0645\u200dA', '🎉\\u{200D}A \u0645\\u{200D}A'],
    ['1\ufe0f2\ufe0f', '1\\u{FE0F}2\\u{FE0F}'],
    ['\u061ca\u2066b\u2069c\u206af\u180e', '\\u{61C}a\\u{2066}b\\u{2069}c\\u{206A}f\\u{180E}'],
    ['a\uffa0b\u1160c\u00add\u{1d173}e\ufff9f\ufffb', 'a\\u{FFA0}b\\u{1160}c\\u{AD}d\\u{1D173}e\\u{FFF9}f\\u{FFFB}'],
    ['a\u{1d159}b\u{16fe4}c\u{13441}\ufffc', 'a\\u{1D159}b\\u{16FE4}c\\u{13441}\\u{FFFC}'],
    ['\u{1f3f4}\u{e0067}\u{e007f}', '\u{1f3f4}\\u{E0067}\\u{E007F}'],
    [`z${'\u0301'.repeat(10)}o`, `z${'\u0301'.repeat(8)}\\u{301}\\u{301}o`],
    [
      '\u05d1\u05bc\u05b0\u05e8 \u0f67\u0f71\u0f74\u0f7e \u0e01\u0e47\u0e49 e\u0323\u0301',
      '\u05d1\u05bc\u05b0\u05e8 \u0f67\u0f71\u0f74\u0f7e \u0e01\u0e47\u0e49 e\u0323\u0301',
    ],
    ['', ''],
  ])('%j is shown as %s', (text, expected) => {
    expect(visible(text)).toBe(expected)
  })

  it('leaves nothing that is drawn as nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(
          visible(text).replaceAll(/(?<=[\p{L}\p{M}\p{Emoji}])[\u200c\u200d\p{Variation_Selector}]/gu, ''),
        ).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps the lines of what has several', () => {
    expect(visibleText('two\nlines\ttab\r\u001b')).toBe('two\nlines\ttab\\u{D}\\u{1B}')
  })

  it('says how much it cut off, and cuts between characters', () => {
    expect(visible('abcdef', 6)).toBe('abcdef')
    expect(visible('abcdefgh', 6)).toBe('abcdef… (2 more characters)')
    expect(visible('abc🎉def', 4)).toBe('abc… (5 more characters)')
    expect(visible('abc\u202edef', 7)).toBe('abc… (4 more characters)')
  })

  it('looks at no more of a huge text than it shows', () => {
    const hiding = visibleText('a\u200b'.repeat(50_000))
    expect(hiding.length).toBeLessThan(100_000 + 20_000)
    expect(hiding).toMatch(/^a\\u\{200B\}a.*… \(\d+ more characters\)$/)
    expect(visible('\u202e'.repeat(10_000_000), 80)).toBe(`${'\\u{202E}'.repeat(10)}… (9999990 more characters)`)
  })

  it('is split into pieces, so that an escape differs from the same letters in a text', () => {
    expect(visiblePieces('a\u200b\\u{200B}\nb')).toEqual([
      { text: 'a', hidden: false },
      { text: '\\u{200B}', hidden: true },
      { text: '\\u{200B}\nb', hidden: false },
    ])
  })
})
