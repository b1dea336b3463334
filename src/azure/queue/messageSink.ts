/** Takes messages. */
export interface MessageSink {
  /** @param delaySeconds how long nobody sees the message. */
  send(text: string, delaySeconds: number): Promise<void>;
}
