import { expect, test } from 'vitest';
import { int } from '../../host/config/option.ts';
import { aliasTable, named, optionTable } from '../../host/config/options.ts';
import { splitQuoted } from '../../host/lib/quoted-words.ts';

test.each([...optionTable.values()])('$name has a sentence of documentation', ({ option }) => {
  expect(option.doc).toMatch(/^[A-Z].*\.$/);
});

test.each([...optionTable.values()])(
  'the lines written for $name read back',
  ({ option, initial }) => {
    let setting = initial;
    for (const [i, line] of option.lines(initial).entries()) {
      const context = { previous: setting, isAppending: i > 0, directory: '/' };
      const read = option.parse(splitQuoted(line) ?? [], context);
      if (typeof read === 'string') throw new Error(read);
      setting = read;
    }
    expect(setting).toEqual(initial);
  },
);

test('aliases hide no option and stand for one', () => {
  for (const [alias, name] of aliasTable) {
    expect(optionTable.has(alias)).toBe(false);
    expect(optionTable.has(name)).toBe(true);
  }
});

test('a table with a default that its parser refuses does not load', () => {
  expect(() => named('x', int(7, 'x', { max: 5 }))).toThrow(/default of option x/);
});
