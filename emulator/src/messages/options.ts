/** How messages to devices are treated: what is not set is as a new hub has it. */
export interface CloudToDeviceOptions {
  /** Default 3600; of a hub 60 to 172,800. */
  ttlSeconds?: number | undefined;
  /** Default 60; of a hub 5 to 300. */
  lockSeconds?: number | undefined;
  /** Default 10; of a hub 1 to 100. */
  maxDeliveryCount?: number | undefined;
  /** Default 15. */
  feedbackSeconds?: number | undefined;
}
