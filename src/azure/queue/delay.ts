/** The longest wait before a message is tried again. */
const longestDelaySeconds = 600;

/** How long to wait after so many attempts in a row that came to nothing: 5 s, doubled each time, half of it by chance. */
export function delaySecondsAfter(attempt: number): number {
  const delay = Math.min(longestDelaySeconds, 5 * 2 ** Math.min(attempt, 10));
  return Math.ceil(delay / 2 + (Math.random() * delay) / 2);
}
