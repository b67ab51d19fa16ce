/** Where a call stands. `waiting`: in the room, the agent not yet; `talking`: the agent is there. */
export type CallPhase =
  | "idle"
  | "microphone"
  | "asking"
  | "connecting"
  | "waiting"
  | "talking"
  | "reconnecting"
  | "ended";

export type AgentState = "absent" | "idle" | "listening" | "thinking" | "speaking";

export type MicrophoneState = "off" | "on" | "muted";

/** One sentence that says what happened and, where there is one, what to do next. */
export interface Sentence {
  message: string;
  advice: string;
}

/** Why a call is over. `code` is stable: the API's, `voice.error`'s, or one of our own. */
export interface CallEnd extends Sentence {
  code: string;
  /** Nothing went wrong: somebody hung up. */
  expected: boolean;
}

const AGENT_STATES: ReadonlySet<string> = new Set(["idle", "listening", "thinking", "speaking"]);

/** The state that `value` names, or null if it names none that we know. */
export function agentState(value: unknown): AgentState | null {
  return typeof value === "string" && AGENT_STATES.has(value) ? (value as AgentState) : null;
}

/**
 * What the agent is doing, told by two sources: `voice.state` messages, and LiveKit's attribute for agents that
 * send none. Once a message has come, the attribute of that agent is no longer believed.
 */
export class AgentTracker {
  #state: AgentState = "absent";
  #told = false;

  get state(): AgentState {
    return this.#state;
  }

  message(state: AgentState): AgentState {
    this.#told = true;
    return (this.#state = state);
  }

  attribute(value: unknown): AgentState {
    const state = agentState(value);
    if (state !== null && !this.#told) this.#state = state;
    return this.#state;
  }

  /** The agent's voice can be heard, so it is there even if it has not said what it does. */
  heard(): AgentState {
    if (this.#state === "absent") this.#state = "idle";
    return this.#state;
  }

  left(): AgentState {
    this.#told = false;
    return (this.#state = "absent");
  }
}
