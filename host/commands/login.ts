// What AUTH and HELLO AUTH have in common: a module may take its time to decide, and then it is
// the client's own output that the answer goes to.

import { AUTHENTICATOR } from '../dispatch/authentication.ts';
import type { Context } from '../dispatch/context.ts';
import type { CommandError } from '../dispatch/errors.ts';
import type { ByteString } from '../lib/bytes.ts';
import type { ReplySink } from '../resp/sink.ts';

export interface Credentials {
  readonly user: ByteString;
  readonly password: ByteString;
}

/** Logs the client of `ctx` in; `done` writes the reply if that succeeds, at once or later. */
export function finishLogin(
  ctx: Context,
  { user, password }: Credentials,
  done: (reply: ReplySink) => void,
): void {
  const { client } = ctx;
  const answer = (reply: ReplySink, error: CommandError | null): void => {
    if (error === null) done(reply);
    else reply.error(error.message);
  };
  let isLate = false;
  const attempt = { client, user, password, context: ctx };
  ctx.service(AUTHENTICATOR).login(attempt, (error) => {
    if (!isLate) {
      answer(ctx.reply, error);
      return;
    }
    const mark = client.writer.mark();
    answer(client.writer, error);
    if (client.replyMode !== 'on') client.writer.rewind(mark);
  });
  isLate = true; // from now on the context is another command's
}
