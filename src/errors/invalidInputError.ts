/** Longest message, and longest path, in characters: a name in them can be as long as the body that it came in. */
const longest = { message: 1000, path: 200 };

/** Something that a user wrote (a request, a setting) is not valid. The message says what to write instead. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly path?: string;

  /** @param path where in the input the fault is, for example `tags.location.plant`. */
  constructor(message: string, path?: string) {
    super(shortened(message, longest.message));
    if (path !== undefined) this.path = shortened(path, longest.path);
  }
}

/** What was wrong stands at the beginning and at the end. */
function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most / 2)}…${text.slice(-most / 2)}`;
}
