// Figures as people read them: the same texts as render/units.cc makes, which a test holds.

// As C++ rounds: the nearest, and of two that are as near the even one.
function fixed(value, digits) {
  const scaled = value * 10 ** digits;
  const isTie = Number.isInteger(value * 2 ** (digits + 1)) && scaled - Math.floor(scaled) === 0.5;
  if (!isTie) return value.toFixed(digits);
  const even = Math.floor(scaled) % 2 === 0 ? Math.floor(scaled) : Math.ceil(scaled);
  return (even / 10 ** digits).toFixed(digits);
}
function threeDigits(value) {
  if (value < 9.995) return fixed(value, 2);
  if (value < 99.95) return fixed(value, 1);
  return fixed(value, 0);
}
function grouped(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");
}
function humanBytes(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let value = bytes / 1024, unit = 0;
  for (; value >= 1023.5 && unit + 1 < units.length; ++unit) value /= 1024;
  return `${threeDigits(value)} ${units[unit]}`;
}
function exactBytes(bytes) {
  return grouped(bytes) + (bytes === 1 ? " byte" : " bytes");
}
function bothBytes(bytes) {
  return bytes < 1024 ? exactBytes(bytes) : `${humanBytes(bytes)} (${exactBytes(bytes)})`;
}
function humanTime(ns) {
  if (ns < 1000) return `${ns} ns`;
  if (ns < 999.5e3) return `${threeDigits(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${threeDigits(ns / 1e6)} ms`;
  if (ns < 119.5e9) return `${threeDigits(ns / 1e9)} s`;
  const seconds = Math.floor(ns / 1e9) + (ns % 1e9 >= 5e8 ? 1 : 0);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}
function shareOf(part, whole) {
  if (part === 0 || whole === 0) return "0 %";
  const percent = 100 * part / whole;
  if (percent < 0.1) return "<0.1 %";
  if (percent < 9.95) return `${fixed(percent, 1)} %`;
  if (part < whole && percent > 99) return ">99 %";
  return `${fixed(percent, 0)} %`;
}
function counted(number, singular) {
  return `${grouped(number)} ${singular}${number === 1 ? "" : "s"}`;
}
