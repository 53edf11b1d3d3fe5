export function json(status: number, body?: unknown): Response {
  if (body === undefined) return new Response(null, { status });
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

export function problem(status: number, title: string): Response {
  return json(status, { type: "about:blank", title, status, code: "not_found" });
}
