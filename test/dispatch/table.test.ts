import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { key } from '../../host/dispatch/args.ts';
import { NameIndex } from '../../host/dispatch/name-index.ts';
import { type CommandEntry, type CommandSpec, command } from '../../host/dispatch/spec.ts';
import { CommandCatalog, CommandTable } from '../../host/dispatch/table.ts';
import { Argv } from '../../host/lib/argv.ts';
import { Slice } from '../../host/lib/slice.ts';

function spec(name: string, parts: Partial<CommandSpec> = {}): CommandSpec {
  const base = { name, summary: 's', since: '1.0.0', group: 'string', flags: [] };
  return { ...(base as unknown as CommandSpec), ...parts }; // literals of their unions
}

const sub = (name: string): CommandSpec => ({ name, summary: 's', since: '1.0.0', flags: [] });
const get = command(spec('get', { flags: ['readonly'], args: [key()] }));
const set = command(spec('set'));
const config = command(spec('config', { subcommands: [sub('get'), sub('set')] }));
const catalog = new CommandCatalog([get, set, config]);

let table: CommandTable;
beforeEach(() => {
  table = new CommandTable(catalog);
});

function names(): string[] {
  return [...table.commands()].map((entry) => entry.name).sort();
}

function added(result: CommandEntry | string): CommandEntry {
  if (typeof result === 'string') throw new Error(result);
  return result;
}

describe('lookup', () => {
  test.each(['get', 'GET', 'gEt'])('finds %s in any case', (name) => {
    expect(table.lookup(Slice.of(name))).toBe(get);
  });

  test('reads the slice, not the buffer around it', () => {
    expect(table.lookup(new Slice(Buffer.from('xxGETyy'), 2, 5))).toBe(get);
  });

  test.each(['', 'g', 'ge', 'gett', 'g\u00e9t', 'g`t'])('does not find %j', (name) => {
    expect(table.lookup(Slice.of(name))).toBeUndefined();
  });

  test('finds subcommands and containers by the words of a call', () => {
    const configGet = config.subcommands.get('get');
    expect(table.lookupCall(Argv.of('CONFIG', 'GET', 'x'))).toBe(configGet);
    expect(table.lookupCall(Argv.of('config'))).toBe(config);
    expect(table.lookupCall(Argv.of('config', 'nosuch'))).toBeUndefined();
    expect(table.lookupCall(Argv.of('get', 'set'))).toBe(get);
    expect(table.lookupSubcommand(config, Slice.of('Set'))?.fullName).toBe('config|set');
    expect(table.lookupSubcommand(get, Slice.of('set'))).toBeUndefined();
  });

  test('finds full names as text', () => {
    expect(table.lookupName('Config|Get')?.fullName).toBe('config|get');
    expect(table.lookupName('get')).toBe(get);
    expect(table.lookupName('get|x')).toBeUndefined();
    expect(table.lookupName('config|get|x')).toBeUndefined();
  });
});

describe('rename', () => {
  test('moves a command to its new name', () => {
    expect(table.rename('GET', 'Fetch')).toBeNull();
    expect(table.lookup(Slice.of('fetch'))).toBe(get);
    expect(table.lookup(Slice.of('get'))).toBeUndefined();
    expect(names()).toEqual(['config', 'get', 'set']);
    expect(table.size).toBe(3);
  });

  test('to nothing removes the command', () => {
    table.rename('get', '');
    expect(table.lookup(Slice.of('get'))).toBeUndefined();
    expect(names()).toEqual(['config', 'set']);
    expect(table.size).toBe(2);
  });

  test('can swap two commands and put them back', () => {
    table.rename('get', 'tmp');
    table.rename('set', 'get');
    table.rename('tmp', 'set');
    expect(table.lookup(Slice.of('get'))).toBe(set);
    expect(table.lookup(Slice.of('set'))).toBe(get);
    table.rename('get', 'tmp');
    table.rename('set', 'get');
    table.rename('tmp', 'set');
    expect(table.lookup(Slice.of('get'))).toBe(get);
    expect(table.lookup(Slice.of('set'))).toBe(set);
    expect(names()).toEqual(['config', 'get', 'set']);
  });

  test('refuses unknown and taken names', () => {
    expect(table.rename('nosuch', 'x')).toBe('no such command');
    expect(table.rename('get', 'set')).toBe('name is taken');
    expect(table.rename('get', 'GET')).toBeNull();
  });

  test('does not touch another table', () => {
    table.rename('get', 'fetch');
    expect(new CommandTable(catalog).lookup(Slice.of('get'))).toBe(get);
  });
});

describe('module commands', () => {
  test('are found, listed and removed', () => {
    const entry = added(table.add(spec('My.Cmd', { subcommands: [sub('one')] })));
    expect(table.lookup(Slice.of('MY.CMD'))).toBe(entry);
    expect(table.lookupCall(Argv.of('my.cmd', 'ONE'))?.fullName).toBe('my.cmd|one');
    expect(names()).toEqual(['config', 'get', 'my.cmd', 'set']);
    const freed = table.remove(entry);
    expect(freed).toEqual([entry.number, entry.number + 1]);
    expect(table.lookup(Slice.of('my.cmd'))).toBeUndefined();
    expect(table.size).toBe(3);
  });

  test('have numbers above the built-in ones, which are used again', () => {
    const first = added(table.add(spec('m.a')));
    expect(first.number).toBeGreaterThanOrEqual(catalog.firstFreeNumber);
    table.remove(first);
    expect(added(table.add(spec('m.b'))).number).toBe(first.number);
  });

  test('cannot take a name, but can take one that was renamed away', () => {
    expect(table.add(spec('GET'))).toBe('name is taken');
    table.rename('get', 'fetch');
    const entry = added(table.add(spec('get')));
    expect(table.lookup(Slice.of('get'))).toBe(entry);
    expect(table.lookup(Slice.of('fetch'))).toBe(get);
  });

  test('keep their numbers when they are redefined', () => {
    const entry = added(table.add(spec('m.a', { subcommands: [sub('one')] })));
    const one = entry.subcommands.get('one')?.number;
    const subcommands = [sub('two'), sub('one')];
    const changed = added(table.redefine(entry, spec('m.a', { arity: -5, subcommands })));
    expect(table.lookup(Slice.of('m.a'))).toBe(changed);
    expect([changed.number, changed.arity]).toEqual([entry.number, -5]);
    expect(changed.subcommands.get('one')?.number).toBe(one);
    const numbers = [changed.number, ...[...changed.subcommands.values()].map((s) => s.number)];
    expect(new Set(numbers).size).toBe(3);
    expect(table.redefine(get, spec('get'))).toBe('no such command');
  });

  test('only are removed', () => {
    expect(() => table.remove(get)).toThrow('built in');
  });
});

test('a catalog refuses two commands of one name', () => {
  expect(() => new CommandCatalog([get, get])).toThrow('called get');
});

test('a name index behaves like a Map of lower-case names', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '_', '.', 'z'), maxLength: 6 });
  const step = fc.tuple(fc.boolean(), name);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const index = new NameIndex<number>();
      const model = new Map<string, number>();
      for (const [i, [isAdd, word]] of steps.entries()) {
        const lower = word.toLowerCase();
        if (!isAdd) expect(index.delete(lower)).toBe(model.delete(lower));
        else if (!model.has(lower)) {
          index.add(lower, i);
          model.set(lower, i);
        }
        expect(index.size).toBe(model.size);
        for (const [known, value] of model) expect(index.get(known)).toBe(value);
        expect(index.find(Slice.of(word))).toBe(model.get(lower));
      }
      expect(new Map(index.entries())).toEqual(model);
    }),
    { numRuns: 50 },
  );
});
