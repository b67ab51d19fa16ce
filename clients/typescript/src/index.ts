/** A typed client of the Callbox HTTP API; every path, field and answer comes from the OpenAPI document. */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, operations, paths } from "./schema.js";
export type ErrorBody = components["schemas"]["ErrorBody"];
export type StartedSession = components["schemas"]["StartedSession"];

/** `url`: of the gateway. `apiKey` or `token`: who asks; neither for what a page may ask by its origin. */
export interface Options {
  url: string;
  apiKey?: string;
  token?: string;
  fetch?: (request: Request) => Promise<Response>;
}

export function callbox({ url, apiKey, token, fetch }: Options): Client<paths> {
  const headers: Record<string, string> = {};
  if (apiKey !== undefined) headers["X-API-Key"] = apiKey;
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  return createClient<paths>({ baseUrl: url, headers, ...(fetch && { fetch }) });
}

/** Thrown by `answer` for a refusal. `code` is stable; `message` says what to do. */
export class CallboxError extends Error {
  readonly code: ErrorBody["code"];
  readonly errors: ErrorBody["errors"];
  readonly requestId: string;

  constructor(body: ErrorBody) {
    super(body.message);
    this.name = "CallboxError";
    this.code = body.code;
    this.errors = body.errors;
    this.requestId = body.request_id;
  }
}

/** What a call was answered with. Throws `CallboxError` when it was refused. */
export async function answer<Data>(asked: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
  const { data, error, response } = await asked;
  if (error !== undefined) throw new CallboxError(error as ErrorBody);
  if (data === undefined && response.status !== 204) throw new Error(`HTTP ${response.status} without a body`);
  return data as Data;
}

/** The call of a start, wrapped (asked with a key) or bare (asked with a token or by origin). */
export function started(body: StartedSession | { data: StartedSession }): StartedSession {
  return "data" in body ? body.data : body;
}
