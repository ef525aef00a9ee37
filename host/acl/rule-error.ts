// Why a rule of ACL SETUSER is refused, in Redis's words.

export const RULE_ERRORS = {
  unknown: 'Unknown command or category name in ACL',
  syntax: 'Syntax error',
  allKeys:
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have " +
    "any effect. Try 'resetkeys' to start with an empty list of patterns",
  allChannels:
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not " +
    "have any effect. Try 'resetchannels' to start with an empty list of channels",
  noSuchPassword: 'The password you are trying to remove from the user does not exist',
  badHash:
    'The password hash must be exactly 64 characters and contain only lowercase hexadecimal ' +
    'characters',
  duplicateUser: 'Duplicate user found. A user can only be defined once in config files',
  firstArgOfSubcommand: 'Allowing first-arg of a subcommand is not supported',
} as const;

export type RuleError = keyof typeof RULE_ERRORS;
