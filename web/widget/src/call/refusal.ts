import type { CallEnd } from "./state";

/** What the API's error body and headers say about a refused call. */
export interface RefusalFacts {
  status: number;
  code: string;
  message: string;
  requestId: string;
  retryAfterSeconds: number | null;
}

/** A call that was not admitted; `end` is what to tell the visitor. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";

  constructor(readonly end: CallEnd) {
    super(end.message);
  }
}

/** The sentence for an answer that is not a success. `page`: the origin that asked; `agent`: the slug asked for. */
export function refusal(facts: RefusalFacts, page: string, agent: string): CallEnd {
  const { status, code, message, requestId } = facts;
  const reference = requestId === "" ? "" : ` Its reference is ${requestId}.`;
  const end = (fallback: string, advice: string): CallEnd => ({
    code: code || `http_${status}`,
    message: message || fallback,
    advice,
    expected: false,
  });
  switch (status) {
    case 403:
      return end("This page may not call the agent.", `If the agent is yours, add ${page} to its allowed origins.`);
    case 404:
      return end(`There is no agent called “${agent}”.`, "Check this page’s address, then load it again.");
    case 429:
      return end("All of this agent’s lines are in use.", `${again(facts)} A line is free as soon as a call ends.`);
    case 503:
      return end("All agents are busy.", again(facts));
    default:
      return end("The call could not be started.", `Start again, or tell whoever runs this page.${reference}`);
  }
}

export function unreachable(): CallEnd {
  return {
    code: "unreachable",
    message: "The call service could not be reached.",
    advice: "Check your connection, then start again.",
    expected: false,
  };
}

export function unreadable(): CallEnd {
  return {
    code: "unreadable_answer",
    message: "The call service gave an answer that this page can’t read.",
    advice: "Load the page again; if it stays so, tell whoever runs it.",
    expected: false,
  };
}

function again({ retryAfterSeconds: seconds }: RefusalFacts): string {
  if (seconds === null) return "Start again in a moment.";
  return `Start again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
}
