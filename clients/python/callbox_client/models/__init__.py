"""Contains all the data models used in inputs/outputs"""

from .add_document_files_body import AddDocumentFilesBody
from .add_document_json_page_body import AddDocumentJsonPageBody
from .agent_session_summary import AgentSessionSummary
from .agent_session_summary_end_reason_type_0 import AgentSessionSummaryEndReasonType0
from .agent_session_summary_metadata import AgentSessionSummaryMetadata
from .agent_session_summary_recording_status import AgentSessionSummaryRecordingStatus
from .agent_session_summary_status import AgentSessionSummaryStatus
from .api_key import ApiKey
from .api_key_change import ApiKeyChange
from .api_key_with_value import ApiKeyWithValue
from .appearance import Appearance
from .character import Character
from .character_change import CharacterChange
from .character_change_mcp_servers_type_0_item import CharacterChangeMcpServersType0Item
from .character_change_tools_type_0_item import CharacterChangeToolsType0Item
from .character_change_voice_type_0 import CharacterChangeVoiceType0
from .character_change_widget_appearance_type_0 import CharacterChangeWidgetAppearanceType0
from .character_definition import CharacterDefinition
from .character_definition_mcp_servers_item import CharacterDefinitionMcpServersItem
from .character_definition_tools_item import CharacterDefinitionToolsItem
from .character_definition_voice import CharacterDefinitionVoice
from .character_definition_widget_appearance import CharacterDefinitionWidgetAppearance
from .character_mcp_servers_item import CharacterMcpServersItem
from .character_replacement import CharacterReplacement
from .character_replacement_mcp_servers_item import CharacterReplacementMcpServersItem
from .character_replacement_tools_item import CharacterReplacementToolsItem
from .character_replacement_voice import CharacterReplacementVoice
from .character_replacement_widget_appearance import CharacterReplacementWidgetAppearance
from .character_tools_item import CharacterToolsItem
from .character_voice import CharacterVoice
from .character_widget_appearance import CharacterWidgetAppearance
from .code import Code
from .delivery_page import DeliveryPage
from .difference import Difference
from .dimensions import Dimensions
from .document import Document
from .document_status import DocumentStatus
from .envelope_agent_session_summary import EnvelopeAgentSessionSummary
from .envelope_started_session import EnvelopeStartedSession
from .envelope_usage_report import EnvelopeUsageReport
from .error_body import ErrorBody
from .error_body_errors import ErrorBodyErrors
from .export_me_response_200 import ExportMeResponse200
from .form import Form
from .form_fields_item import FormFieldsItem
from .form_layout import FormLayout
from .form_response import FormResponse
from .form_response_values import FormResponseValues
from .form_steps_item import FormStepsItem
from .form_submit_method import FormSubmitMethod
from .handoff_target import HandoffTarget
from .labels import Labels
from .language import Language
from .language_default import LanguageDefault
from .latency import Latency
from .layout import Layout
from .layout_position import LayoutPosition
from .limits import Limits
from .limits_change import LimitsChange
from .linking import Linking
from .list_form_responses_format_type_0 import ListFormResponsesFormatType0
from .list_usage_end_reason_type_0 import ListUsageEndReasonType0
from .list_usage_status_type_0 import ListUsageStatusType0
from .matched_voice import MatchedVoice
from .matched_voice_likeness import MatchedVoiceLikeness
from .me import Me
from .new_api_key import NewApiKey
from .new_webhook import NewWebhook
from .new_webhook_events_item import NewWebhookEventsItem
from .noise_cancellation import NoiseCancellation
from .noise_cancellation_default import NoiseCancellationDefault
from .noise_cancellation_engines_item import NoiseCancellationEnginesItem
from .passage import Passage
from .passage_metadata import PassageMetadata
from .patch_step import PatchStep
from .patch_step_op import PatchStepOp
from .proof import Proof
from .put_image_files_body import PutImageFilesBody
from .put_voice_files_body import PutVoiceFilesBody
from .query import Query
from .recogniser import Recogniser
from .refresh import Refresh
from .session import Session
from .session_end_reason_type_0 import SessionEndReasonType0
from .session_page import SessionPage
from .session_status import SessionStatus
from .sign_in import SignIn
from .sign_up import SignUp
from .signed_up import SignedUp
from .start_session import StartSession
from .start_session_mcp_headers_type_0 import StartSessionMcpHeadersType0
from .start_session_metadata_type_0 import StartSessionMetadataType0
from .started_session import StartedSession
from .submit_form import SubmitForm
from .submit_form_values import SubmitFormValues
from .tenant_limits import TenantLimits
from .theme import Theme
from .tokens import Tokens
from .tool_call import ToolCall
from .tool_call_arguments_type_0 import ToolCallArgumentsType0
from .tool_call_kind_type_0 import ToolCallKindType0
from .transcript_item import TranscriptItem
from .transcript_item_role import TranscriptItemRole
from .usage_report import UsageReport
from .user import User
from .version import Version
from .version_line import VersionLine
from .version_mcp_servers_item import VersionMcpServersItem
from .version_tools_item import VersionToolsItem
from .version_voice import VersionVoice
from .version_widget_appearance import VersionWidgetAppearance
from .voice import Voice
from .voice_catalogue import VoiceCatalogue
from .webhook import Webhook
from .webhook_change import WebhookChange
from .webhook_change_events_item import WebhookChangeEventsItem
from .webhook_delivery import WebhookDelivery
from .webhook_delivery_event import WebhookDeliveryEvent
from .webhook_delivery_status import WebhookDeliveryStatus
from .webhook_events_item import WebhookEventsItem
from .webhook_with_secret import WebhookWithSecret
from .webhook_with_secret_events_item import WebhookWithSecretEventsItem

__all__ = (
    "AddDocumentFilesBody",
    "AddDocumentJsonPageBody",
    "AgentSessionSummary",
    "AgentSessionSummaryEndReasonType0",
    "AgentSessionSummaryMetadata",
    "AgentSessionSummaryRecordingStatus",
    "AgentSessionSummaryStatus",
    "ApiKey",
    "ApiKeyChange",
    "ApiKeyWithValue",
    "Appearance",
    "Character",
    "CharacterChange",
    "CharacterChangeMcpServersType0Item",
    "CharacterChangeToolsType0Item",
    "CharacterChangeVoiceType0",
    "CharacterChangeWidgetAppearanceType0",
    "CharacterDefinition",
    "CharacterDefinitionMcpServersItem",
    "CharacterDefinitionToolsItem",
    "CharacterDefinitionVoice",
    "CharacterDefinitionWidgetAppearance",
    "CharacterMcpServersItem",
    "CharacterReplacement",
    "CharacterReplacementMcpServersItem",
    "CharacterReplacementToolsItem",
    "CharacterReplacementVoice",
    "CharacterReplacementWidgetAppearance",
    "CharacterToolsItem",
    "CharacterVoice",
    "CharacterWidgetAppearance",
    "Code",
    "DeliveryPage",
    "Difference",
    "Dimensions",
    "Document",
    "DocumentStatus",
    "EnvelopeAgentSessionSummary",
    "EnvelopeStartedSession",
    "EnvelopeUsageReport",
    "ErrorBody",
    "ErrorBodyErrors",
    "ExportMeResponse200",
    "Form",
    "FormFieldsItem",
    "FormLayout",
    "FormResponse",
    "FormResponseValues",
    "FormStepsItem",
    "FormSubmitMethod",
    "HandoffTarget",
    "Labels",
    "Language",
    "LanguageDefault",
    "Latency",
    "Layout",
    "LayoutPosition",
    "Limits",
    "LimitsChange",
    "Linking",
    "ListFormResponsesFormatType0",
    "ListUsageEndReasonType0",
    "ListUsageStatusType0",
    "MatchedVoice",
    "MatchedVoiceLikeness",
    "Me",
    "NewApiKey",
    "NewWebhook",
    "NewWebhookEventsItem",
    "NoiseCancellation",
    "NoiseCancellationDefault",
    "NoiseCancellationEnginesItem",
    "Passage",
    "PassageMetadata",
    "PatchStep",
    "PatchStepOp",
    "Proof",
    "PutImageFilesBody",
    "PutVoiceFilesBody",
    "Query",
    "Recogniser",
    "Refresh",
    "Session",
    "SessionEndReasonType0",
    "SessionPage",
    "SessionStatus",
    "SignedUp",
    "SignIn",
    "SignUp",
    "StartedSession",
    "StartSession",
    "StartSessionMcpHeadersType0",
    "StartSessionMetadataType0",
    "SubmitForm",
    "SubmitFormValues",
    "TenantLimits",
    "Theme",
    "Tokens",
    "ToolCall",
    "ToolCallArgumentsType0",
    "ToolCallKindType0",
    "TranscriptItem",
    "TranscriptItemRole",
    "UsageReport",
    "User",
    "Version",
    "VersionLine",
    "VersionMcpServersItem",
    "VersionToolsItem",
    "VersionVoice",
    "VersionWidgetAppearance",
    "Voice",
    "VoiceCatalogue",
    "Webhook",
    "WebhookChange",
    "WebhookChangeEventsItem",
    "WebhookDelivery",
    "WebhookDeliveryEvent",
    "WebhookDeliveryStatus",
    "WebhookEventsItem",
    "WebhookWithSecret",
    "WebhookWithSecretEventsItem",
)
