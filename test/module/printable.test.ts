import { expect, test } from 'vitest';
import { escapeControls, quotable } from '../../host/module/printable.ts';

test('control bytes are shown, text of any language stays', () => {
  expect(escapeControls('a\r\nb\x1b[31m\0\x7f\x9b')).toBe('a\\x0d\\x0ab\\x1b[31m\\x00\\x7f\\x9b');
  expect(escapeControls('größe 漢字 ~ ')).toBe('größe 漢字 ~ ');
});

test('a quoted name is short', () => {
  expect(quotable('a'.repeat(200))).toBe('a'.repeat(200));
  expect(quotable('a'.repeat(201))).toBe(`${'a'.repeat(200)}...`);
  expect(quotable('\n')).toBe('\\x0a');
});
