/** The call without a page: what the widget and the console build on. */
export { Call, type CallEvents } from "./call";
export type { AudioSink } from "./link";
export { Forms, readForms, type FormDefinition, type FormField, type OpenForm } from "./forms";
export { Meter } from "./meter";
export type { SessionRequest } from "./session";
export type { AgentState, CallEnd, CallPhase, MicrophoneState, Sentence } from "./state";
export type { Line } from "./transcript";
