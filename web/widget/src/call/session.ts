import { CallRefused, refusal, unreachable, unreadable } from "./refusal";

export interface SessionRequest {
  /** Base of the API, without a slash at its end; empty for the page's own origin. */
  apiUrl: string;
  agent: string;
  /** The page that starts the call. */
  originUrl: string;
  language?: string;
  metadata?: Record<string, unknown>;
}

/** What is needed to join the room of an admitted session. */
export interface SessionGrant {
  sessionId: string;
  livekitUrl: string;
  token: string;
}

const ANSWER_LIMIT_MS = 10_000;

/** Asks for a session. Raises CallRefused if there is none to be had, and AbortError when `signal` ends the wait. */
export async function requestSession(request: SessionRequest, signal: AbortSignal): Promise<SessionGrant> {
  const { apiUrl, agent, originUrl, language, metadata } = request;
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${apiUrl}/api/agents/agent-session/`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ agent, origin_url: originUrl, language, metadata }),
      credentials: "omit",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    });
    body = await response.json().catch((error: unknown) => {
      if (error instanceof SyntaxError) return null;
      throw error;
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CallRefused(unreachable());
  }
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  if (!response.ok) throw new CallRefused(refusal(facts(response, fields), location.origin, agent));
  const grant = {
    sessionId: text(fields, "session_id"),
    livekitUrl: text(fields, "livekit_url"),
    token: text(fields, "token"),
  };
  if (grant.livekitUrl === "" || grant.token === "") throw new CallRefused(unreadable());
  return grant;
}

function facts(response: Response, fields: Record<string, unknown>) {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return {
    status: response.status,
    code: text(fields, "code"),
    message: text(fields, "message"),
    requestId: text(fields, "request_id"),
    retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : null,
  };
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}
