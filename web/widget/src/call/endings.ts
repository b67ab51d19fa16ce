import { DisconnectReason } from "livekit-client";
import type { CallEnd } from "./state";

const START_AGAIN = "Start the call again.";

/** The end of a call whose room was left for LiveKit's `reason`. */
export function disconnected(reason: DisconnectReason | undefined): CallEnd {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return hungUp();
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
    case DisconnectReason.PARTICIPANT_REMOVED:
      return { code: "ended", message: "The call has ended.", advice: "", expected: true };
    case DisconnectReason.DUPLICATE_IDENTITY:
      return fault("joined_elsewhere", "This call was joined from another window.", "Go on there, or start again.");
    case DisconnectReason.SERVER_SHUTDOWN:
      return fault("server_shutdown", "The call server is going down.", "Start the call again in a minute.");
    default:
      return fault("connection_lost", "The connection was lost.", `Check your connection. ${START_AGAIN}`);
  }
}

export function hungUp(): CallEnd {
  return { code: "client_left", message: "You hung up.", advice: "", expected: true };
}

export function joinFailed(): CallEnd {
  return fault(
    "join_failed",
    "The call could not be connected.",
    "A firewall may block calls on this network. Try another network, or start again.",
  );
}

export function agentMissing(): CallEnd {
  return fault("agent_unavailable", "No agent took the call.", "Start the call again in a moment.");
}

export function agentLost(): CallEnd {
  return fault("agent_lost", "The agent left the call without a word.", START_AGAIN);
}

/** The end that `voice.error` tells; its message says by itself what to do. */
export function announced(code: string, message: string): CallEnd {
  return fault(code, message, "");
}

function fault(code: string, message: string, advice: string): CallEnd {
  return { code, message, advice, expected: false };
}
