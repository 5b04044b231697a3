"use strict";
// The rows as data: reading, filtering, ordering. Nothing here touches the page.

const VERDICTS = ["proven", "flagged", "failed", "ignored"];
const text = new Intl.Collator("en", { numeric: true });
const whole = new Intl.NumberFormat("en");

function readRecords(source) {
  const data = JSON.parse(source);
  const place = new Map(data.columns.map((name, number) => [name, number]));
  const shared = new Set(data.sharedColumns);
  const get = (row, name) => {
    const value = row[place.get(name)];
    return shared.has(name) ? data.shared[value] : value;
  };
  return data.rows.map((row, number) => ({
    row, number, get: (name) => get(row, name), pictures: data.pictures[number],
    verdict: VERDICTS[row[place.get("verdict")]], flags: row[place.get("flags")], searched: null,
  }));
}

function matches(record, wanted) {
  if (wanted.verdict && record.verdict !== wanted.verdict) return false;
  if (wanted.kind && !record.flags.some((flag) => flag.kind === wanted.kind)) return false;
  if (!wanted.words) return true;
  record.searched ??= ["output", "source", "error", "left_out", "samples", "unread"].map(record.get).concat(record.flags.map((flag) => flag.detail))
    .join("\n").toLowerCase();
  return record.searched.includes(wanted.words);
}

// What is unknown comes last, whichever way the rest is sorted.
function sorted(records, column, descending) {
  const sign = descending ? -1 : 1;
  const keyed = records.map((record) => [column.key(record), record]);
  keyed.sort(([a, first], [b, second]) => {
    if (a === null || b === null) return (a === null) - (b === null) || first.number - second.number;
    return sign * (typeof a === "string" ? text.compare(a, b) : a - b) || first.number - second.number;
  });
  return keyed.map(([, record]) => record);
}

function size(count) {
  if (count === null) return "unknown";
  let unit = 0;
  for (; count >= 999.5 && unit < 4; unit++) count /= 1000;
  return `${unit ? Number(count.toPrecision(3)) : whole.format(count)} ${["bytes", "kB", "MB", "GB", "TB"][unit]}`;
}

function ratio(record) {
  const before = record.get("source_bytes"), after = record.get("output_bytes");
  return before && after ? before / after : null;
}

function seconds(record) {
  const parts = [record.get("encode_seconds"), record.get("verify_seconds")].filter((part) => part !== null);
  return parts.length ? parts.reduce((sum, part) => sum + part) : null;
}

const COLUMNS = [
  { name: "File", style: "name", key: (r) => r.get("output") || r.get("source"), say: (r) => r.get("output") || r.get("source") },
  { name: "Verdict", style: "verdict", key: (r) => -["ignored", "failed", "flagged"].indexOf(r.verdict), say: (r) => r.verdict },
  { name: "Flags", style: "medium", key: (r) => r.flags.map((f) => f.kind).join() || null, say: (r) => r.flags.map((f) => f.kind).join(", ") },
  { name: "Mode", style: "wide", key: (r) => r.get("mode") || null, say: (r) => r.get("mode") },
  { name: "Source", style: "wide number", key: (r) => r.get("source_bytes"), say: (r) => size(r.get("source_bytes")) },
  { name: "Output", style: "medium number", key: (r) => r.get("output_bytes"), say: (r) => size(r.get("output_bytes")) },
  { name: "Ratio", style: "number", key: ratio, say: (r) => ratio(r)?.toFixed(2) ?? "" },
  { name: "Worst error", style: "wide number", key: (r) => r.get("worst_error"), say: (r) => r.get("worst_error") ?? "" },
  { name: "Seconds", style: "wide number", key: seconds, say: (r) => seconds(r)?.toFixed(2) ?? "" },
  { name: "Finished", style: "medium time", key: (r) => r.get("finished") || null, say: (r) => r.get("finished").slice(0, 19).replace("T", " ") },
];
