import { expect, it } from 'vitest';
import { wholeWords } from '../../../../src/server/inline/wholeWords';

it.each([
  ['.visibleGlobal', ''],
  ['.visibleOptions(cmd).red', '.visibleOptions(cmd).'],
  ['.visibleOptions(cmd)', '.visibleOptions(cmd)'],
  ['= first + sec', '= first +'],
  ['größe = läng', 'größe ='],
  ['', ''],
])('of "%s" keeps "%s"', (text, kept) => {
  expect(wholeWords(text)).toBe(kept);
});
