/**
 * Why this Node cannot run the program, or undefined when it can. Written for the oldest Node that reads ES modules, and
 * without a package: it runs before anything else is loaded.
 * @param {string} version as process.version has it: "v20.20.2"
 * @param {string} engines as package.json has it: "^22.22.2 || ^24.15.0 || >=26"
 * @returns {string | undefined}
 */
export function refuseNode(version, engines) {
  const have = numbersOf(version);
  const fits = engines.split('||').some((range) => contains(range.trim(), have));
  if (fits) return undefined;
  return (
    'anton-logging needs Node ' +
    engines +
    ', and this is Node ' +
    have.join('.') +
    '.\n' +
    'To fix it: install Node 24 (https://nodejs.org), or in a checkout run it through npm, which brings its own: npm run anton-logging -- status'
  );
}

/** Knows the two forms that package.json uses: "^22.22.2" and ">=26". */
function contains(range, have) {
  const wanted = numbersOf(range);
  if (range.charAt(0) === '^' && have[0] !== wanted[0]) return false;
  for (let part = 0; part < 3; part += 1) {
    if (have[part] !== wanted[part]) return have[part] > wanted[part];
  }
  return true;
}

function numbersOf(text) {
  const parts = text
    .replace(/^[^0-9]*/, '')
    .split('-')[0]
    .split('.');
  return [0, 1, 2].map((index) => Number(parts[index] || 0));
}
