/** The one of some names that a misspelt one most likely means; undefined where none is near. */
export function nearestName(misspelt: string, names: readonly string[]): string | undefined {
  // Longer than any name that it could be meant for; what follows grows with its length.
  if (misspelt.length > 100) return undefined;
  const near = names
    .map((name) => ({ name, steps: stepsBetween(misspelt.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, steps }) => steps <= Math.max(1, Math.floor(name.length / 3)));
  return near.sort((a, b) => a.steps - b.steps)[0]?.name;
}

/** How many letters to write, leave out or change to make one text the other (Levenshtein's distance). */
function stepsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [y, letter] of [...from].entries()) {
    let before = y + 1;
    const next = [before];
    for (const [x, other] of [...to].entries()) {
      const [across = 0, above = 0] = row.slice(x, x + 2);
      before = Math.min(across + (letter === other ? 0 : 1), above + 1, before + 1);
      next.push(before);
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
