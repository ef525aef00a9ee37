import { describe, expect, test } from 'vitest';
import { InfoSections } from '../../host/dispatch/info-sections.ts';

describe('sections of INFO', () => {
  test('take the fields of a later contribution in the place of earlier ones', () => {
    const sections = new InfoSections();
    sections.contribute('persistence', () => [
      ['loading', 0],
      ['aof_enabled', 0],
    ]);
    sections.contribute('persistence', () => [
      ['aof_enabled', 1],
      ['aof_base_size', 12],
    ]);
    expect(sections.text(['persistence'])).toBe(
      '# Persistence\r\nloading:0\r\naof_enabled:1\r\naof_base_size:12\r\n',
    );
  });

  test('may have a field more than once', () => {
    const sections = new InfoSections();
    sections.contribute('modules', () => [
      ['module', 'name=a'],
      ['module', 'name=b'],
    ]);
    expect(sections.text(['modules'])).toBe('# Modules\r\nmodule:name=a\r\nmodule:name=b\r\n');
  });

  test('are asked of modules only when they are wanted', () => {
    const sections = new InfoSections();
    sections.moduleSections = (isWanted) => {
      return isWanted('m') ? [{ title: 'm_stats', fields: [['x', 1]] }] : [];
    };
    expect(sections.text(['server'])).not.toContain('m_stats');
    expect(sections.text(['M'])).toBe('# m_stats\r\nx:1\r\n');
    expect(sections.text(['everything'])).toContain('# m_stats\r\nx:1\r\n');
    expect(sections.text(['all'])).not.toContain('m_stats');
  });
});
