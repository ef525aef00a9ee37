import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { handleSignals } from '../../host/process/signals.ts';

function setUp(isShuttingDown = false): { source: EventEmitter; happened: string[] } {
  const source = new EventEmitter();
  const happened: string[] = [];
  handleSignals(source, {
    shutDown: (signal) => void happened.push(signal),
    insist: () => void happened.push('insist'),
    isShuttingDown: () => isShuttingDown,
    orphaned: () => void happened.push('orphaned'),
  });
  return { source, happened };
}

describe('signals', () => {
  test.each([['SIGTERM'], ['SIGINT']])('%s shuts down', (signal) => {
    const { source, happened } = setUp();
    source.emit(signal);
    expect(happened).toEqual([signal]);
  });

  test('SIGINT during a shutdown insists, SIGTERM waits with it', () => {
    const { source, happened } = setUp(true);
    source.emit('SIGINT');
    source.emit('SIGTERM');
    expect(happened).toEqual(['insist', 'SIGTERM']);
  });

  test('SIGHUP is listened to, so that it does not end the process, and ignored', () => {
    const { source, happened } = setUp();
    expect(source.emit('SIGHUP')).toBe(true);
    expect(happened).toEqual([]);
  });

  test('a launcher that is gone is told', () => {
    const { source, happened } = setUp();
    source.emit('disconnect');
    expect(happened).toEqual(['orphaned']);
  });
});
