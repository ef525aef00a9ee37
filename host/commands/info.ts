// INFO: the text is made by the sections that features contribute to.

import { string } from '../dispatch/args.ts';
import { INFO_SECTIONS } from '../dispatch/info-sections.ts';
import { type CommandEntry, command } from '../dispatch/spec.ts';

export const info = command({
  name: 'info',
  summary: 'Describes the server in sections.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  history: [['7.0.0', 'Takes several sections.']],
  flags: ['loading', 'stale'],
  categories: ['dangerous'],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  args: [string('section', { optional: true, multiple: true })],
  run: (ctx) => ctx.reply.verbatim('txt', ctx.service(INFO_SECTIONS).text(ctx.rest(1))),
});

export const infoCommands: readonly CommandEntry[] = [info];
