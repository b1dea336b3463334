/** What is wrong with a setting, and what a right one looks like. */
export interface SettingProblem {
  setting: string;
  problem: string;
  example: string;
}

/** A setting that an invocation needs is missing or invalid. */
export class SettingError extends Error {
  override readonly name = 'SettingError';

  constructor(problem: SettingProblem) {
    super(describeProblem(problem));
  }
}

/** One sentence for a person: which setting, what is wrong, an example. */
export function describeProblem({ setting, problem, example }: SettingProblem): string {
  return `Setting ${setting} ${problem.replace(/\.$/, '')}. Example: ${example}`;
}
