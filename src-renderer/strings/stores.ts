/** Words about the way to the server. */
export const stores = {
  noAnswer: 'The server does not answer.',
  status: (status: string) => `The server answered with status ${status}.`,
  notUnderstood: 'The server answered in a form that this page does not understand.',
  badMessage: 'The server sent a message that this page does not understand. Reloading the page may help.',
  missingMessage: 'A message of the server went missing.',
  wentWrong: 'Something went wrong.',
} as const;
