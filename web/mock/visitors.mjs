// Made-up answers about latencies and visitors, from the made-up requests.

import { requests, span, traffic } from "./made-up.mjs";

export function latency(query, options) {
  const { from, to, step_seconds, columns } = traffic(query, options);
  const below_ms = [4, 5.66, 8, 11.3, 16, 22.6, 32, 45.3, 64, 90.5];
  const shape = [0.02, 0.08, 0.2, 0.22, 0.16, 0.1, 0.06, 0.05, 0.08, 0.03];
  const counts = columns.requests.map((n) => shape.map((part) => Math.round(n * part)));
  return { from, to, step_seconds, time: columns.time, below_ms, requests: counts };
}

export function visits(query, options) {
  const { from, to } = span(query);
  const rows = requests({ app: query.app, from: query.from, to: query.to, limit: 1000 }, options).requests;
  const isProgram = (row) => /bot|curl|^$/i.test(row.user_agent);
  const kept = rows.filter((row) => (query.who ?? "all") === "all" || isProgram(row) === (query.who === "programs"));
  const top = (name, some = kept) => {
    const sums = new Map();
    for (const row of some) {
      const sum = sums.get(row[name]) ?? { name: row[name], requests: 0, by_programs: 0, bytes_out: 0 };
      sum.requests += 1;
      sum.by_programs += isProgram(row) ? 1 : 0;
      sum.bytes_out += row.bytes_out;
      sums.set(row[name], sum);
    }
    return [...sums.values()].sort((a, b) => b.requests - a.requests);
  };
  return {
    counted_from: new Date(from).toISOString(), to: new Date(to).toISOString(), partial: rows.length === 1000, capped: false,
    requests: kept.length, by_programs: kept.filter(isProgram).length, clients_seen: top("client").length,
    clients: top("client"), agents: top("user_agent"), referrers: top("referrer", kept.filter((row) => row.referrer !== "")),
    not_found: top("path", kept.filter((row) => row.status === 404)),
    users: top("user", kept.filter((row) => (row.user ?? "") !== "")),
    static_files: top("path", kept.filter((row) => /\.(css|js|png|svg|woff2)$/.test(row.path) && row.status < 400)),
    countries: [{ name: "KR", requests: 9, by_programs: 0, bytes_out: 900 }, { name: "local", requests: 2, by_programs: 1, bytes_out: 70 }],
    counts_countries: "on",
    statuses: top("status").map(({ name, requests: n }) => ({ status: name, requests: n })),
  };
}
