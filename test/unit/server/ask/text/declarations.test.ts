import { describe, expect, it } from 'vitest';
import { declaredName, isComment } from '../../../../../src/server/ask/text/declarations';

describe('declaredName', () => {
  it.each([
    ['export const MAX = 3;', 'MAX'],
    ['  let x = 1', 'x'],
    ['export default async function* run(a) {', 'run'],
    ['export abstract class Store<T> extends Base {', 'Store'],
    ['  private readonly kept = new Map();', 'kept'],
    ['  getBoundingClientRect(): DOMRect;', 'getBoundingClientRect'],
    ['  get size(): number {', 'size'],
    ['    "timeout": 4500,', 'timeout'],
    ['def load_model(path):', 'load_model'],
    ['max_retries = 7', 'max_retries'],
    ['pub(crate) async fn read_all(&self) -> Result<()> {', 'read_all'],
    ['pub static LIMIT: usize = 4;', 'LIMIT'],
    ['pub fn read_all(&self) {', 'read_all'],
    ['func (s *Store) Close() error {', 'Close'],
    ['#define LIMIT 20', 'LIMIT'],
    ['static int parse(const char *text) {', 'parse'],
    ['std::vector<int> sort_all(int n)', 'sort_all'],
  ])('of "%s" is %s', (line, name) => {
    expect(declaredName(line)).toBe(name);
  });

  it.each([
    'if (a) {',
    'for (const x of y) {',
    'return x;',
    'call(x);',
    'x === y',
    '// const a = 1;',
    ' * name: what',
    'std::cout << x;',
  ])('there is none in "%s"', (line) => expect(declaredName(line)).toBeUndefined());

  it('knows comments of several languages', () => {
    for (const line of ['// a', ' * a', '/* a', '# a', '-- a', '"""a']) expect(isComment(line), line).toBe(true);
    for (const line of ['a', '#define A', 'p* = 1']) expect(isComment(line), line).toBe(false);
  });
});
