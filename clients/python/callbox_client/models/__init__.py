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
from .appearance_overrides import AppearanceOverrides
from .character import Character
from .character_background_audio import CharacterBackgroundAudio
from .character_change import CharacterChange
from .character_change_background_audio_type_0 import CharacterChangeBackgroundAudioType0
from .character_definition import CharacterDefinition
from .character_definition_background_audio import CharacterDefinitionBackgroundAudio
from .character_replacement import CharacterReplacement
from .character_replacement_background_audio import CharacterReplacementBackgroundAudio
from .character_usage import CharacterUsage
from .character_voice import CharacterVoice
from .client_event_config import ClientEventConfig
from .client_event_config_headers_type_0 import ClientEventConfigHeadersType0
from .client_event_tool import ClientEventTool
from .client_event_tool_input_schema_type_0 import ClientEventToolInputSchemaType0
from .code import Code
from .delivery_page import DeliveryPage
from .difference import Difference
from .dimensions import Dimensions
from .dimensions_overrides import DimensionsOverrides
from .document import Document
from .document_status import DocumentStatus
from .envelope_agent_session_summary import EnvelopeAgentSessionSummary
from .envelope_started_session import EnvelopeStartedSession
from .envelope_usage_report import EnvelopeUsageReport
from .error_body import ErrorBody
from .error_body_errors import ErrorBodyErrors
from .export_me_response_200 import ExportMeResponse200
from .form import Form
from .form_definition import FormDefinition
from .form_definition_submit_method_type_0 import FormDefinitionSubmitMethodType0
from .form_field import FormField
from .form_field_type_type_0 import FormFieldTypeType0
from .form_field_width_type_0 import FormFieldWidthType0
from .form_layout import FormLayout
from .form_layout_field_layout_type_0 import FormLayoutFieldLayoutType0
from .form_response import FormResponse
from .form_response_values import FormResponseValues
from .form_step import FormStep
from .form_submit_method import FormSubmitMethod
from .handoff import Handoff
from .handoff_target import HandoffTarget
from .http_config import HttpConfig
from .http_config_headers_type_0 import HttpConfigHeadersType0
from .http_config_method_type_0 import HttpConfigMethodType0
from .http_tool import HttpTool
from .http_tool_input_schema_type_0 import HttpToolInputSchemaType0
from .knowledge_config import KnowledgeConfig
from .knowledge_config_headers_type_0 import KnowledgeConfigHeadersType0
from .knowledge_tool import KnowledgeTool
from .knowledge_tool_input_schema_type_0 import KnowledgeToolInputSchemaType0
from .labels import Labels
from .labels_overrides import LabelsOverrides
from .language import Language
from .language_default import LanguageDefault
from .language_entry import LanguageEntry
from .latency import Latency
from .layout import Layout
from .layout_overrides import LayoutOverrides
from .layout_overrides_position_type_0 import LayoutOverridesPositionType0
from .layout_position import LayoutPosition
from .limits import Limits
from .limits_change import LimitsChange
from .linking import Linking
from .list_form_responses_format_type_0 import ListFormResponsesFormatType0
from .list_usage_end_reason_type_0 import ListUsageEndReasonType0
from .list_usage_status_type_0 import ListUsageStatusType0
from .matched_voice import MatchedVoice
from .matched_voice_likeness import MatchedVoiceLikeness
from .mcp_config import McpConfig
from .mcp_config_headers_type_0 import McpConfigHeadersType0
from .mcp_server import McpServer
from .mcp_server_headers_type_0 import McpServerHeadersType0
from .mcp_server_transport_type_0 import McpServerTransportType0
from .mcp_tool import McpTool
from .mcp_tool_input_schema_type_0 import McpToolInputSchemaType0
from .me import Me
from .new_api_key import NewApiKey
from .new_webhook import NewWebhook
from .new_webhook_events_item import NewWebhookEventsItem
from .noise_cancellation import NoiseCancellation
from .noise_cancellation_default import NoiseCancellationDefault
from .noise_cancellation_engines_item import NoiseCancellationEnginesItem
from .noise_cancellation_overrides import NoiseCancellationOverrides
from .noise_cancellation_overrides_default_type_0 import NoiseCancellationOverridesDefaultType0
from .noise_cancellation_overrides_engines_type_0_item import NoiseCancellationOverridesEnginesType0Item
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
from .theme_overrides import ThemeOverrides
from .tokens import Tokens
from .tool_call import ToolCall
from .tool_call_arguments_type_0 import ToolCallArgumentsType0
from .tool_call_kind_type_0 import ToolCallKindType0
from .transcript_item import TranscriptItem
from .transcript_item_role import TranscriptItemRole
from .usage_report import UsageReport
from .user import User
from .version import Version
from .version_background_audio import VersionBackgroundAudio
from .version_line import VersionLine
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
    "AppearanceOverrides",
    "Character",
    "CharacterBackgroundAudio",
    "CharacterChange",
    "CharacterChangeBackgroundAudioType0",
    "CharacterDefinition",
    "CharacterDefinitionBackgroundAudio",
    "CharacterReplacement",
    "CharacterReplacementBackgroundAudio",
    "CharacterUsage",
    "CharacterVoice",
    "ClientEventConfig",
    "ClientEventConfigHeadersType0",
    "ClientEventTool",
    "ClientEventToolInputSchemaType0",
    "Code",
    "DeliveryPage",
    "Difference",
    "Dimensions",
    "DimensionsOverrides",
    "Document",
    "DocumentStatus",
    "EnvelopeAgentSessionSummary",
    "EnvelopeStartedSession",
    "EnvelopeUsageReport",
    "ErrorBody",
    "ErrorBodyErrors",
    "ExportMeResponse200",
    "Form",
    "FormDefinition",
    "FormDefinitionSubmitMethodType0",
    "FormField",
    "FormFieldTypeType0",
    "FormFieldWidthType0",
    "FormLayout",
    "FormLayoutFieldLayoutType0",
    "FormResponse",
    "FormResponseValues",
    "FormStep",
    "FormSubmitMethod",
    "Handoff",
    "HandoffTarget",
    "HttpConfig",
    "HttpConfigHeadersType0",
    "HttpConfigMethodType0",
    "HttpTool",
    "HttpToolInputSchemaType0",
    "KnowledgeConfig",
    "KnowledgeConfigHeadersType0",
    "KnowledgeTool",
    "KnowledgeToolInputSchemaType0",
    "Labels",
    "LabelsOverrides",
    "Language",
    "LanguageDefault",
    "LanguageEntry",
    "Latency",
    "Layout",
    "LayoutOverrides",
    "LayoutOverridesPositionType0",
    "LayoutPosition",
    "Limits",
    "LimitsChange",
    "Linking",
    "ListFormResponsesFormatType0",
    "ListUsageEndReasonType0",
    "ListUsageStatusType0",
    "MatchedVoice",
    "MatchedVoiceLikeness",
    "McpConfig",
    "McpConfigHeadersType0",
    "McpServer",
    "McpServerHeadersType0",
    "McpServerTransportType0",
    "McpTool",
    "McpToolInputSchemaType0",
    "Me",
    "NewApiKey",
    "NewWebhook",
    "NewWebhookEventsItem",
    "NoiseCancellation",
    "NoiseCancellationDefault",
    "NoiseCancellationEnginesItem",
    "NoiseCancellationOverrides",
    "NoiseCancellationOverridesDefaultType0",
    "NoiseCancellationOverridesEnginesType0Item",
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
    "ThemeOverrides",
    "Tokens",
    "ToolCall",
    "ToolCallArgumentsType0",
    "ToolCallKindType0",
    "TranscriptItem",
    "TranscriptItemRole",
    "UsageReport",
    "User",
    "Version",
    "VersionBackgroundAudio",
    "VersionLine",
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
