/**
 * A backend starts a call for somebody it knows, and reads what was said in the calls before.
 * CALLBOX_URL, CALLBOX_API_KEY and CALLBOX_AGENT say where, as whom and with which character.
 */
import { answer, callbox, CallboxError, started } from "./index.js";

const { CALLBOX_URL: url = "http://127.0.0.1:8000", CALLBOX_API_KEY: apiKey = "", CALLBOX_AGENT: agent = "" } = process.env;
const api = callbox({ url, apiKey });

try {
  const body = { agent, metadata: { user_name: "Ada", plan: "pro" } };
  const call = started(await answer(api.POST("/api/agents/agent-session/", { body })));
  console.log(JSON.stringify({ token: call.token, livekit_url: call.livekit_url, session: call.session_id }));

  const query = { character_slug: agent, page_size: 5 };
  const usage = await answer(api.GET("/api/billing/usage/", { params: { query } }));
  for (const past of usage.data.sessions.data) {
    console.log(past.created_at, past.session_id, past.status, `${Math.round(past.session_duration_seconds)} s`);
    console.log(past.transcript_text);
  }
} catch (error) {
  if (!(error instanceof CallboxError)) throw error;
  console.error(`${error.code}: ${error.message} (request ${error.requestId})`);
  process.exitCode = 1;
}
