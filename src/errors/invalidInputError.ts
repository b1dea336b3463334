/** Something that a user wrote (a request, a setting) is not valid. The message says what to write instead. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';

  /** @param path where in the input the fault is, for example `tags.location.plant`. */
  constructor(
    message: string,
    readonly path?: string,
  ) {
    super(message);
  }
}
