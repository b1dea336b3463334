import type * as z from 'zod/mini';

const types: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
};

/** What is wrong with a value of a topology, and what it must be. */
export function describeFault(issue: z.core.$ZodRawIssue): string {
  const wanted = wantedOf(issue);
  return issue.input === undefined ? `is missing; it ${wanted}` : wanted;
}

function wantedOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${types[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'invalid_union':
      return `must be one of ${[issue.options].flat().join(', ')}`;
    case 'invalid_format':
      // Names are all that a pattern is for.
      return issue.format === 'url' ? 'must be a URL' : "has 1 to 64 letters, digits, '.', '_' or '-', no sign first";
    case 'too_small':
      if (issue.origin === 'array') return `must have ${issue.minimum} elements or more`;
      return issue.origin === 'string' ? 'must not be empty' : `must be above ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `must have ${issue.maximum} elements or fewer`
        : `must be at most ${issue.maximum}`;
    default:
      return 'is not as documented';
  }
}
