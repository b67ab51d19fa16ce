"""Contains all the data models used in inputs/outputs"""

from .agent_session_summary import AgentSessionSummary
from .agent_session_summary_end_reason_type_0 import AgentSessionSummaryEndReasonType0
from .agent_session_summary_metadata import AgentSessionSummaryMetadata
from .agent_session_summary_recording_status import AgentSessionSummaryRecordingStatus
from .agent_session_summary_status import AgentSessionSummaryStatus
from .api_key import ApiKey
from .api_key_change import ApiKeyChange
from .api_key_with_value import ApiKeyWithValue
from .character import Character
from .character_change import CharacterChange
from .character_change_documents_item import CharacterChangeDocumentsItem
from .character_change_mcp_servers_item import CharacterChangeMcpServersItem
from .character_change_tools_item import CharacterChangeToolsItem
from .character_change_voice_type_0 import CharacterChangeVoiceType0
from .character_change_widget_appearance import CharacterChangeWidgetAppearance
from .character_definition import CharacterDefinition
from .character_definition_documents_item import CharacterDefinitionDocumentsItem
from .character_definition_mcp_servers_item import CharacterDefinitionMcpServersItem
from .character_definition_tools_item import CharacterDefinitionToolsItem
from .character_definition_voice_type_0 import CharacterDefinitionVoiceType0
from .character_definition_widget_appearance import CharacterDefinitionWidgetAppearance
from .character_documents_item import CharacterDocumentsItem
from .character_mcp_servers_item import CharacterMcpServersItem
from .character_replacement import CharacterReplacement
from .character_replacement_documents_item import CharacterReplacementDocumentsItem
from .character_replacement_mcp_servers_item import CharacterReplacementMcpServersItem
from .character_replacement_tools_item import CharacterReplacementToolsItem
from .character_replacement_voice_type_0 import CharacterReplacementVoiceType0
from .character_replacement_widget_appearance import CharacterReplacementWidgetAppearance
from .character_tools_item import CharacterToolsItem
from .character_voice_type_0 import CharacterVoiceType0
from .character_widget_appearance import CharacterWidgetAppearance
from .code import Code
from .envelope_agent_session_summary import EnvelopeAgentSessionSummary
from .envelope_started_session import EnvelopeStartedSession
from .envelope_usage_report import EnvelopeUsageReport
from .error_body import ErrorBody
from .error_body_errors import ErrorBodyErrors
from .handoff_target import HandoffTarget
from .latency import Latency
from .limits import Limits
from .me import Me
from .new_api_key import NewApiKey
from .refresh import Refresh
from .session import Session
from .session_end_reason_type_0 import SessionEndReasonType0
from .session_page import SessionPage
from .session_status import SessionStatus
from .sign_in import SignIn
from .signed_up import SignedUp
from .start_session import StartSession
from .start_session_mcp_headers_type_0 import StartSessionMcpHeadersType0
from .start_session_metadata_type_0 import StartSessionMetadataType0
from .started_session import StartedSession
from .tokens import Tokens
from .transcript_item import TranscriptItem
from .transcript_item_role import TranscriptItemRole
from .usage_report import UsageReport
from .user import User

__all__ = (
    "AgentSessionSummary",
    "AgentSessionSummaryEndReasonType0",
    "AgentSessionSummaryMetadata",
    "AgentSessionSummaryRecordingStatus",
    "AgentSessionSummaryStatus",
    "ApiKey",
    "ApiKeyChange",
    "ApiKeyWithValue",
    "Character",
    "CharacterChange",
    "CharacterChangeDocumentsItem",
    "CharacterChangeMcpServersItem",
    "CharacterChangeToolsItem",
    "CharacterChangeVoiceType0",
    "CharacterChangeWidgetAppearance",
    "CharacterDefinition",
    "CharacterDefinitionDocumentsItem",
    "CharacterDefinitionMcpServersItem",
    "CharacterDefinitionToolsItem",
    "CharacterDefinitionVoiceType0",
    "CharacterDefinitionWidgetAppearance",
    "CharacterDocumentsItem",
    "CharacterMcpServersItem",
    "CharacterReplacement",
    "CharacterReplacementDocumentsItem",
    "CharacterReplacementMcpServersItem",
    "CharacterReplacementToolsItem",
    "CharacterReplacementVoiceType0",
    "CharacterReplacementWidgetAppearance",
    "CharacterToolsItem",
    "CharacterVoiceType0",
    "CharacterWidgetAppearance",
    "Code",
    "EnvelopeAgentSessionSummary",
    "EnvelopeStartedSession",
    "EnvelopeUsageReport",
    "ErrorBody",
    "ErrorBodyErrors",
    "HandoffTarget",
    "Latency",
    "Limits",
    "Me",
    "NewApiKey",
    "Refresh",
    "Session",
    "SessionEndReasonType0",
    "SessionPage",
    "SessionStatus",
    "SignedUp",
    "SignIn",
    "StartedSession",
    "StartSession",
    "StartSessionMcpHeadersType0",
    "StartSessionMetadataType0",
    "Tokens",
    "TranscriptItem",
    "TranscriptItemRole",
    "UsageReport",
    "User",
)
