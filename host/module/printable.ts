// Text of strangers (guests, paths, files) for logs and error replies: on one line, without
// control bytes that could fake other lines or drive a terminal, and of limited length.

const QUOTE_MAX = 200;

/** `text` with its control bytes written as \xNN. */
export function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => {
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** The same for a name inside of a message: what is too long is cut. */
export function quotable(text: string): string {
  const cut = text.length > QUOTE_MAX ? `${text.slice(0, QUOTE_MAX)}...` : text;
  return escapeControls(cut);
}
