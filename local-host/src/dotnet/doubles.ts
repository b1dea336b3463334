/** The exponents from and below which .NET writes one. */
const most = 17;
const least = -4;

/**
 * A double as Newtonsoft.Json writes it: the shortest digits that read as the same number, as .NET sets them (`1E+21`,
 * `1E-05`), and never without a sign that it is no integer (`1.0`). What is no number becomes a string.
 */
export function writeDouble(value: number): string {
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa = '', power = ''] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent >= most || exponent < least) {
    const point = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${point}E${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}
