import type { AgentState, CallEnd, CallPhase, MicrophoneState } from "../call";

/** The line under the agent's name. */
export function statusLine(phase: CallPhase, agent: AgentState, microphone: MicrophoneState): string {
  switch (phase) {
    case "idle":
      return "Ready for your call";
    case "microphone":
      return "Waiting for the microphone. Allow it in the browser’s question.";
    case "asking":
    case "connecting":
      return "Connecting…";
    case "waiting":
      return "Waiting for the agent…";
    case "reconnecting":
      return "The connection broke. Reconnecting…";
    case "ended":
      return "Call ended";
    case "talking":
      return agentLine(agent, microphone);
  }
}

/** The line under the agent's name after a call. `length`: as `duration` writes it, null if nobody talked. */
export function endLine(end: CallEnd, length: string | null): string {
  if (length === null) return end.expected ? "Ready for your call" : "The call did not start";
  return end.expected ? end.message.replace(/\.$/, ` after ${length}.`) : `The call ended after ${length}.`;
}

/** What a screen reader hears when the phase changes; what the agent does can be heard anyway. */
export function phaseLine(phase: CallPhase): string {
  return phase === "talking" ? "Connected. The agent is there." : statusLine(phase, "idle", "on");
}

/** "support-bot" → "Support bot". */
export function nameFromSlug(slug: string): string {
  const words = slug.replaceAll(/[-_]+/g, " ").trim();
  return words === "" ? "Agent" : words.charAt(0).toUpperCase() + words.slice(1);
}

/** Seconds as `m:ss`, from an hour on as `h:mm:ss`. */
export function duration(seconds: number): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

function agentLine(agent: AgentState, microphone: MicrophoneState): string {
  switch (agent) {
    case "thinking":
      return "Thinking…";
    case "speaking":
      return "Speaking";
    case "listening":
    case "idle":
      if (microphone === "muted") return "Your microphone is muted";
      return microphone === "off" ? "Waiting for what you type" : "Listening";
    case "absent":
      return "Waiting for the agent…";
  }
}
